import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { and, eq, like, sql, type SQL } from 'drizzle-orm';
import { rates } from '@/db/schema/teams';
import type { Page } from '@/server/domain/core/codecs';
import type { Context } from '@/server/domain/core/context';
import { may } from '@/server/domain/core/policy';
import { runInTurns } from '@/server/domain/core/yielding';
import {
  boundedCache,
  cardBytes,
  compareCards,
  compileRatesInStretches,
  freeRowsOf,
  parseRateCard,
  readRateCard,
  type FindRate,
  type RateRow,
} from './rules';
import type { FilterRates, ListRates, Rate, RatesPreview } from './schema';
import { printPlace, readPlace, type CursorBinding } from '@/server/domain/core/cursors';

/** Memory of the card cache in bytes: a few cards of 100,000 rows, or hundreds of usual ones. */
const CARDS_MAX_BYTES = 64 * 1_048_576;

type Cards = {
  ready: ReturnType<typeof boundedCache<{ version: number; find: FindRate }>>;
  /** Cards that are being loaded, by team and version. */
  loading: Map<string, Promise<FindRate>>;
};

const CARDS = Symbol.for('purser.rateCards');

/** Returns the cache of the process, which the server and the web framework share although each loads this module. */
function cardsOfProcess(): Cards {
  const shared = globalThis as { [CARDS]?: Cards };
  shared[CARDS] ??= { ready: boundedCache(CARDS_MAX_BYTES), loading: new Map() };
  return shared[CARDS];
}

/**
 * Returns the team's rate card as a lookup function.
 * @param version the team's current card version, read with the request, so that a stale cached card is never used
 */
export async function rateCard(ctx: Context, version: number): Promise<FindRate> {
  const { ready, loading } = cardsOfProcess();
  const kept = ready.get(ctx.actor.teamId);
  if (kept?.version === version) return kept.find;
  const key = `${ctx.actor.teamId}/${version}`;
  // If the transaction that loads the card fails, the next one loads it.
  for (let one = loading.get(key); one; one = loading.get(key)) {
    const found = await one.catch(() => null);
    if (found) return found;
  }
  const load = loadCard(ctx, version);
  // Only loads inside a transaction are shared, because those have a connection: the waiting requests may hold all others.
  if (ctx.tx === null) return load;
  loading.set(key, load);
  return load.finally(() => loading.delete(key));
}

async function loadCard(ctx: Context, version: number): Promise<FindRate> {
  const rows = await allRates(ctx);
  const find = await runInTurns(compileRatesInStretches(rows));
  const { ready } = cardsOfProcess();
  const newest = ready.get(ctx.actor.teamId);
  if (!newest || newest.version <= version) ready.set(ctx.actor.teamId, { version, find }, cardBytes(rows.length));
  return find;
}

const columns = { country: rates.country, prefix: rates.prefix, price: rates.price };
const shown = (row: { country: string; prefix: string; price: bigint }): Rate => ({
  ...row,
  country: row.country || null,
});

async function allRates(ctx: Context): Promise<Rate[]> {
  const rows = await ctx.db.select(columns).from(rates).where(eq(rates.teamId, ctx.actor.teamId));
  return rows.map(shown);
}

const matching = ({ actor }: Context, { country, prefix }: FilterRates): SQL | undefined =>
  and(
    eq(rates.teamId, actor.teamId),
    country === undefined ? undefined : eq(rates.country, country),
    prefix === undefined ? undefined : like(rates.prefix, `${prefix}%`),
  );

/**
 * Yields the rows of the rate card that match the filters, ordered by country and prefix.
 * @throws DomainError `owner_required`
 */
export async function* exportRates(ctx: Context, filters: FilterRates): AsyncGenerator<Rate[]> {
  may(ctx.actor, 'rates.see');
  const rows = await ctx.db
    .select(columns)
    .from(rates)
    .where(matching(ctx, filters))
    .orderBy(rates.country, rates.prefix);
  yield rows.map(shown);
}

/**
 * Lists the team's rate card by country and prefix; rows without a country come first.
 * @throws DomainError `owner_required`, `invalid_cursor`
 */
export async function listRates(ctx: Context, { country, prefix, limit, cursor }: ListRates): Promise<Page<Rate>> {
  may(ctx.actor, 'rates.see');
  const { teamId } = ctx.actor;
  const binding: CursorBinding = [teamId, 'rates', country, prefix];
  const after = readPlace(binding, cursor, [/^([A-Z]{2})?$/, /^[0-9]{0,15}$/]);
  const found = await ctx.db
    .select(columns)
    .from(rates)
    .where(
      and(
        matching(ctx, { country, prefix }),
        after === null ? undefined : sql`(${rates.country}, ${rates.prefix}) > (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(rates.country, rates.prefix)
    .limit(limit + 1);
  const data = found.slice(0, limit);
  const last = data.at(-1);
  const nextCursor = found.length > limit && last ? printPlace(binding, [last.country, last.prefix]) : null;
  return { data: data.map(shown), nextCursor };
}

const DIFFERENCES_SHOWN = 20;

/**
 * Returns the changes that importing a file would make, or its problems by line. Changes nothing.
 * @throws DomainError `owner_required`
 */
export async function previewRates(ctx: Context, csv: string): Promise<RatesPreview> {
  may(ctx.actor, 'team.change');
  const card = await runInTurns(readRateCard(csv));
  if ('problems' in card) {
    const none = { rows: 0, added: 0, changed: 0, removed: 0, unchanged: 0, differences: [], free: [], freeRows: 0 };
    const nothing = { ...none, unclearPrice: null };
    return { ...nothing, problems: card.problems, problemCount: card.count };
  }
  const difference = await runInTurns(compareCards(await allRates(ctx), card.rows, DIFFERENCES_SHOWN));
  const { rows, unclear = null } = card;
  const found = { rows: rows.length, ...difference, ...freeRowsOf(rows), unclearPrice: unclear };
  return { ...found, problems: [], problemCount: 0 };
}

/** Returns the sample rate card of a new team. Every process runs in the checkout, so the file is found. */
export function sampleRates(): RateRow[] {
  const card = parseRateCard(readFileSync(resolve('db/seed/rates.csv'), 'utf8'));
  if (!('rows' in card)) throw new Error('db/seed/rates.csv is not a rate card.');
  return card.rows;
}
