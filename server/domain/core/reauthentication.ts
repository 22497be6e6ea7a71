import { eq, sql } from 'drizzle-orm';
import { teams } from '@/db/schema/teams';
import type { Context, TxContext } from './context';
import { fail } from './errors';
import type { Micros } from './money';

/**
 * What a team asks its people again for: that who is signed in has proved lately, by password or code, who he is. A key
 * proves it with each request, and a dry run changes nothing.
 * @param debit the amount that leaves a balance: asked for only above what the team has set
 * @throws DomainError `confirmation_required`
 */
export async function enforceReauthentication(tx: TxContext, debit?: Micros): Promise<void> {
  if (tx.tx.isDryRun || isFresh(tx, tx.now)) return;
  const demand = await findDemand(tx);
  if (demand === null) return;
  if (debit === undefined || (demand.above !== null && debit > demand.above)) fail('confirmation_required');
}

/** Returns whether the signed-in actor has to confirm their identity before a secret is shown in a list. */
export async function isReauthenticationDue(ctx: Context): Promise<boolean> {
  return (await findDemand(ctx)) !== null;
}

function isFresh({ actor }: Context, now: Date): boolean {
  if (actor.type !== 'member' || actor.channel !== 'web') return true;
  return (
    actor.confirmedAt !== undefined && actor.confirmedAt.getTime() >= now.getTime() - REAUTHENTICATED_MINUTES * 60_000
  );
}

/** What the team demands of an actor who has not confirmed their identity lately; null for nothing. */
async function findDemand(ctx: Context): Promise<{ above: Micros | null } | null> {
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

/** How long a proof of who one is (password or code) counts for what is asked again. */
export const REAUTHENTICATED_MINUTES = 10;
