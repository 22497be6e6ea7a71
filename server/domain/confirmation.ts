import { eq } from 'drizzle-orm';
import { teams } from '@/db/schema/teams';
import type { Tx } from './ctx';
import { fail } from './errors';
import type { Micros } from './money';
import { CONFIRMED_MINUTES } from './sessions/rules';

/**
 * What a team asks its people again for: that who is signed in has proved lately, by password or code, who he is. A key
 * proves it with each request, and a dry run changes nothing.
 * @param debit the amount that leaves a balance: asked for only above what the team has set
 * @throws DomainError `confirmation_required`
 */
export async function mustBeConfirmed(tx: Tx, debit?: Micros): Promise<void> {
  const { actor } = tx;
  if (actor.type !== 'seat' || actor.door !== 'web' || tx.tx.rehearsal) return;
  const since = tx.now.getTime() - CONFIRMED_MINUTES * 60_000;
  if (actor.confirmedAt !== undefined && actor.confirmedAt.getTime() >= since) return;
  const [team] = await tx.db
    .select({ askAgain: teams.askAgain, above: teams.askAgainAbove })
    .from(teams)
    .where(eq(teams.id, actor.teamId));
  if (!team?.askAgain) return;
  if (debit === undefined || (team.above !== null && debit > team.above)) fail('confirmation_required');
}
