import { eq } from 'drizzle-orm';
import { rates } from '@/db/schema/teams';
import type { Ctx } from '../ctx';
import { compileRates, type FindRate } from './rules';

const CARDS_KEPT = 200;
const cards = new Map<string, { version: number; find: FindRate }>();

/**
 * The team's rate card as a look-up. `version` is the team's own (read with the request), so a card that a process
 * remembers is never an old one.
 */
export async function rateCard(ctx: Ctx, version: number): Promise<FindRate> {
  const { teamId } = ctx.actor;
  const kept = cards.get(teamId);
  if (kept?.version === version) return kept.find;
  const rows = await ctx.db
    .select({ country: rates.country, prefix: rates.prefix, price: rates.price })
    .from(rates)
    .where(eq(rates.teamId, teamId));
  const find = compileRates(rows.map((row) => ({ ...row, country: row.country || null })));
  if (cards.size >= CARDS_KEPT) cards.delete(cards.keys().next().value!);
  cards.set(teamId, { version, find });
  return find;
}
