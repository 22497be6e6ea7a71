import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { and, eq, like, sql, type SQL } from 'drizzle-orm';
import { rates } from '@/db/schema/teams';
import type { Page } from '../codecs';
import type { Ctx } from '../ctx';
import { printPlace, readPlace, type CursorBinding } from '../cursors';
import { may } from '../policy';
import {
  boundedCache,
  cardBytes,
  compareCards,
  compileRates,
  freeRowsOf,
  parseRateCard,
  type FindRate,
  type RateRow,
} from './rules';
import type { FilterRates, ListRates, Rate, RatesPreview } from './schema';

/** Of cards of 100,000 rows a process keeps a few, of usual ones hundreds. */
const CARDS_MAX_BYTES = 64 * 1_048_576;
const cards = boundedCache<{ version: number; find: FindRate }>(CARDS_MAX_BYTES);

/**
 * The team's rate card as a look-up. `version` is the team's own (read with the request), so a card that a process
 * remembers is never an old one.
 */
export async function rateCard(ctx: Ctx, version: number): Promise<FindRate> {
  const { teamId } = ctx.actor;
  const kept = cards.get(teamId);
  if (kept?.version === version) return kept.find;
  const rows = await allRates(ctx);
  const find = compileRates(rows);
  cards.set(teamId, { version, find }, cardBytes(rows.length));
  return find;
}

const columns = { country: rates.country, prefix: rates.prefix, price: rates.price };
const shown = (row: { country: string; prefix: string; price: bigint }): Rate => ({
  ...row,
  country: row.country || null,
});

async function allRates(ctx: Ctx): Promise<Rate[]> {
  const rows = await ctx.db.select(columns).from(rates).where(eq(rates.teamId, ctx.actor.teamId));
  return rows.map(shown);
}

const matching = ({ actor }: Ctx, { country, prefix }: FilterRates): SQL | undefined =>
  and(
    eq(rates.teamId, actor.teamId),
    country === undefined ? undefined : eq(rates.country, country),
    prefix === undefined ? undefined : like(rates.prefix, `${prefix}%`),
  );

/**
 * The whole rate card, or what the filters leave of it, in the order of the list.
 * @throws DomainError `owner_required`
 */
export async function* exportRates(ctx: Ctx, filters: FilterRates): AsyncGenerator<Rate[]> {
  may(ctx.actor, 'rates.see');
  const rows = await ctx.db
    .select(columns)
    .from(rates)
    .where(matching(ctx, filters))
    .orderBy(rates.country, rates.prefix);
  yield rows.map(shown);
}

/**
 * The team's rate card, by country and prefix; those for whatever country come first.
 * @throws DomainError `owner_required`, `invalid_cursor`
 */
export async function listRates(ctx: Ctx, { country, prefix, limit, cursor }: ListRates): Promise<Page<Rate>> {
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
 * What taking a file as the card would change, or what is wrong with it, line by line. Changes nothing.
 * @throws DomainError `owner_required`
 */
export async function previewRates(ctx: Ctx, csv: string): Promise<RatesPreview> {
  may(ctx.actor, 'team.change');
  const card = parseRateCard(csv);
  if ('problems' in card) {
    const nothing = { rows: 0, added: 0, changed: 0, removed: 0, unchanged: 0, differences: [], free: [], freeRows: 0 };
    return { ...nothing, problems: card.problems, problemCount: card.count };
  }
  const difference = compareCards(await allRates(ctx), card.rows, DIFFERENCES_SHOWN);
  return { rows: card.rows.length, ...difference, ...freeRowsOf(card.rows), problems: [], problemCount: 0 };
}

/** The rate card that a new team begins with, marked as sample prices. Every process of ours runs in the checkout. */
export function sampleRates(): RateRow[] {
  const card = parseRateCard(readFileSync(resolve('db/seed/rates.csv'), 'utf8'));
  if (!('rows' in card)) throw new Error('db/seed/rates.csv is not a rate card.');
  return card.rows;
}
