import { eq, sql } from 'drizzle-orm';
import { teams } from '@/db/schema/teams';
import type { Context, TxContext } from './context';
import { fail } from './errors';
import type { Micros } from './money';

/**
 * Requires a recent reauthentication (password or code) if the team's settings do. An API key proves itself with each
 * request, and a dry run changes nothing, so both are exempt.
 * @param debit micros that leave a balance: reauthentication is required only above the team's setting
 * @throws DomainError `confirmation_required`
 */
export async function enforceReauthentication(tx: TxContext, debit?: Micros): Promise<void> {
  if (tx.tx.isDryRun || isFresh(tx, tx.now)) return;
  const requirement = await findRequirement(tx);
  if (requirement === null) return;
  if (debit === undefined || (requirement.above !== null && debit > requirement.above)) fail('confirmation_required');
}

/** Returns whether the signed-in actor has to confirm their identity before a secret is shown in a list. */
export async function isReauthenticationDue(ctx: Context): Promise<boolean> {
  return (await findRequirement(ctx)) !== null;
}

function isFresh({ actor }: Context, now: Date): boolean {
  if (actor.type !== 'member' || actor.channel !== 'web') return true;
  return (
    actor.confirmedAt !== undefined && actor.confirmedAt.getTime() >= now.getTime() - REAUTHENTICATED_MINUTES * 60_000
  );
}

/** Returns the team's requirement for an actor who has not reauthenticated recently, or null for none. */
async function findRequirement(ctx: Context): Promise<{ above: Micros | null } | null> {
  const [team] = await ctx.db
    .select({
      requireReauthentication: teams.requireReauthentication,
      above: teams.reauthenticateAbove,
      now: sql<Date>`now()`.mapWith(teams.createdAt),
    })
    .from(teams)
    .where(eq(teams.id, ctx.actor.teamId));
  return team?.requireReauthentication && !isFresh(ctx, team.now) ? { above: team.above } : null;
}

/** Minutes for which a reauthentication is valid. */
export const REAUTHENTICATED_MINUTES = 10;
