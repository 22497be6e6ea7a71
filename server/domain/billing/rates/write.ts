import { and, eq, sql } from 'drizzle-orm';
import { rates, teams } from '@/db/schema/teams';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { fail, failField } from '@/server/domain/core/errors';
import { may } from '@/server/domain/core/policy';
import { runInTurns } from '@/server/domain/core/yielding';
import { freeRowsOf, readRateCard, type RateRow } from './rules';
import type { ImportRates, ReplacedRates } from './schema';
import { recordAudit, runCommand } from '@/server/domain/core/transaction';

/** Rows of one statement: building it blocks the process for about ten milliseconds. */
const INSERT_AT_ONCE = 2_000;

/**
 * Replaces the team's rate card; prices of accepted messages do not change. `sample` marks the prices as samples that an
 * owner has to confirm or replace.
 * @throws DomainError `owner_required`, `invalid_request` for a price of 0 without `allowFree`
 */
export async function replaceRates(
  ctx: Context,
  rows: RateRow[],
  options: { sample?: boolean; allowFree?: boolean } = {},
): Promise<ReplacedRates> {
  may(ctx.actor, 'team.change');
  const free = freeRowsOf(rows);
  if (free.freeRows > 0 && options.allowFree !== true) failFree(free);
  return runCommand(ctx, 'team.change', async (tx) => {
    const { teamId } = tx.actor;
    await tx.db
      .update(teams)
      .set({ ratesVersion: sql`${teams.ratesVersion} + 1`, samplePrices: options.sample ?? false, updatedAt: tx.now })
      .where(eq(teams.id, teamId));
    await tx.db.delete(rates).where(eq(rates.teamId, teamId));
    await insertRates(tx, rows);
    const named = free.freeRows === 0 ? {} : { free: free.free.join(', '), freeRows: free.freeRows };
    recordAudit(tx, {
      action: 'rates.replaced',
      targetType: 'rates',
      targetId: null,
      after: { rows: rows.length, ...named },
    });
    return { rows: rows.length, ...free };
  });
}

/** Refuses rows with price 0 unless `allowFree` confirms them. */
function failFree({ free, freeRows }: Pick<ReplacedRates, 'free' | 'freeRows'>): never {
  const more = freeRows > free.length ? ` and ${freeRows - free.length} more` : '';
  const detail = `Nothing was changed. A price of 0 lets every member send without charge: ${free.join(', ')}${more}. Send \`allowFree: true\` if this is intended.`;
  return failField('/allowFree', detail);
}

/**
 * Replaces the team's rate card by a CSV.
 * @throws DomainError `owner_required`, `invalid_request` with the invalid lines
 */
export async function importRates(ctx: Context, { csv, allowFree }: ImportRates): Promise<ReplacedRates> {
  may(ctx.actor, 'team.change');
  const card = await runInTurns(readRateCard(csv));
  if ('rows' in card) return replaceRates(ctx, card.rows, { allowFree });
  const errors = card.problems.map(({ line, detail }) => ({
    pointer: '/csv',
    code: 'invalid_request',
    detail: `Line ${line}: ${detail}`,
  }));
  const more =
    card.count > errors.length ? ` ${card.count} lines are invalid; \`errors\` lists the first ${errors.length}.` : '';
  return fail('invalid_request', { detail: `Nothing was changed. ${errors[0]!.detail}${more}`, errors });
}

/**
 * Confirms the sample prices as the team's own. Does nothing if they are confirmed already.
 * @throws DomainError `owner_required`
 */
export async function confirmRates(ctx: Context): Promise<{ samplePrices: boolean }> {
  return runCommand(ctx, 'team.change', async (tx) => {
    const confirmed = await tx.db
      .update(teams)
      .set({ samplePrices: false, updatedAt: tx.now })
      .where(and(eq(teams.id, tx.actor.teamId), eq(teams.samplePrices, true)))
      .returning({ id: teams.id });
    if (confirmed.length > 0) recordAudit(tx, { action: 'rates.confirmed', targetType: 'rates', targetId: null });
    return { samplePrices: false };
  });
}

/** Inserts the rows of a card; the team must have none. */
export async function insertRates(tx: TxContext, rows: RateRow[]): Promise<void> {
  for (let i = 0; i < rows.length; i += INSERT_AT_ONCE) {
    const values = rows
      .slice(i, i + INSERT_AT_ONCE)
      .map((row) => ({ teamId: tx.actor.teamId, country: row.country ?? '', prefix: row.prefix, price: row.price }));
    await tx.db.insert(rates).values(values);
  }
}
