import { and, eq, ne } from 'drizzle-orm';
import { members } from '@/db/schema/members';
import type { Actor, GuestActor } from '@/server/domain/core/actor';
import { audit, makeCtx, touched, transact, type Ctx, type Services, type Tx } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { asTeamId } from '@/server/domain/core/ids';
import { holdInvitationsOf, revokeInvitationsOf } from '@/server/domain/teams/inviters/write';
import { issueKey, retireKeys } from '@/server/domain/teams/api-keys/write';
import { ownersNow } from '@/server/domain/teams/members/write';
import { note, personally, type Personal } from '@/server/domain/core/user-context';
import { fireRule, lockSeat, type LockedSeat } from '@/server/domain/billing/auto-recharge/write';
import { listSeats } from '@/server/domain/identity/sessions/read';
import type { Seat } from '@/server/domain/identity/sessions/schema';
import { exportPerson, getUserByEmail } from './read';
import type { Exported, LeaveTeam } from './schema';

/**
 * Takes a person off the seat in a team; what the seat has (money, rule, log) stays, and a later invitation can claim it. Its key
 * is another from now on, which nobody has seen. A deactivated seat may be left too. Answers the person's other seats;
 * repeated, or asked of a team in which there is no seat, nothing changes.
 * @throws DomainError `last_owner` (also for who alone could take the owner's role back), `team_suspended`
 */
export async function leaveTeam(asker: Personal, { teamId }: LeaveTeam): Promise<Seat[]> {
  const { userId } = asker.person;
  const seat = await findOwnSeat(asker.database.db, teamId, userId);
  if (seat) {
    const actor = guestIn(teamId, { name: seat.name, userId, address: asker.origin.address });
    await transact(makeCtx(asker, actor, { requestId: asker.requestId }), null, async (tx) => {
      if (tx.tx.team.status !== 'active') fail('team_suspended');
      await holdInvitationsOf(tx, seat.id);
      const locked = await lockSeat(tx, seat.id, true);
      // Meanwhile it may have been left, deleted, or left and taken by another.
      if ((await findOwnSeat(tx.db, teamId, userId))?.id !== seat.id) return;
      const role = await vacate(tx, locked);
      const [before, after] = [{ name: locked.name, role: locked.role }, { role }];
      audit(tx, { action: 'member.left', targetType: 'member', targetId: seat.id, before, after });
      // Since it is a member: as with any that becomes one.
      if (locked.role === 'owner') await fireRule(tx, seat.id);
    });
  }
  return listSeats(asker, userId);
}

/** The seat that a person has in a team, a deactivated one too. */
export async function findOwnSeat(
  db: Ctx['db'],
  teamId: string,
  userId: string,
): Promise<{ id: string; name: string } | null> {
  const [row] = await db
    .select({ id: members.id, name: members.name })
    .from(members)
    .where(and(eq(members.teamId, teamId), eq(members.userId, userId), ne(members.status, 'deleted')));
  return row ?? null;
}

/** Who acts in a team without the rights of a seat: what he may do there, his being the person of it says. */
export const guestIn = (teamId: string, who: Pick<GuestActor, 'name' | 'userId' | 'address'>): Actor => ({
  type: 'guest',
  teamId: asTeamId(teamId),
  // It prints no money.
  currency: '',
  door: 'web',
  ...who,
});

/** The operator at the command line, in a team of a person's. */
export const operatorIn = (services: Services, teamId: string): Ctx =>
  makeCtx(services, { type: 'operator', teamId: asTeamId(teamId), currency: '', name: 'Operator', door: 'cli' });

/**
 * Takes the person off a seat that is locked with its master, and gives it another key. A seat without a person is a member's:
 * an owner whom nobody is would count as the team's last one. Answers its role since.
 * @throws DomainError `last_owner`
 */
export async function vacate(tx: Tx, seat: LockedSeat): Promise<'member'> {
  const { memberId } = seat;
  await mustNotBeNeeded(tx, seat);
  await tx.db
    .update(members)
    .set({ userId: null, role: 'member', steppedDownAt: null, mutedAlerts: [], updatedAt: tx.now })
    .where(and(eq(members.teamId, tx.actor.teamId), eq(members.id, memberId)));
  await revokeInvitationsOf(tx, memberId, 'inviter_left');
  await retireKeys(tx, memberId);
  await issueKey(tx, memberId);
  // Whoever stepped down sees whether the team has an owner.
  if (seat.role === 'owner') touched(tx, 'team', null);
  return 'member';
}

/** The last active owner is needed, and while there is none, who can take the role back. */
async function mustNotBeNeeded(tx: Tx, { memberId, role, status, steppedDown }: LockedSeat): Promise<void> {
  if (status !== 'active' || (role === 'member' && !steppedDown)) return;
  const { owners } = await ownersNow(tx);
  if (!owners.some(({ id }) => id !== memberId)) fail('last_owner');
}

/** All that is kept of the person who asks. That it was taken out stands in the audit log of each of his teams. */
export async function exportMe(asker: Personal): Promise<Exported> {
  const { userId } = asker.person;
  const { address } = asker.origin;
  const { requestId } = asker;
  await personally(asker, async (tx) => note(tx, { userId, action: 'person.data_exported', address, requestId }));
  return exportPerson(asker, userId, { byAddress: (isProven) => isProven, notes: false });
}

/**
 * As `exportMe`, by the operator, by the address that the person signs in with.
 * @throws DomainError `not_found`
 */
export async function exportByOperator(services: Services, email: string): Promise<Exported> {
  const user = await getUserByEmail(services, email);
  for (const { team, member } of await listSeats(services, user.id)) {
    await transact(operatorIn(services, team.id), null, async (tx) =>
      audit(tx, { action: 'person.data_exported', targetType: 'member', targetId: member.id }),
    );
  }
  return exportPerson(services, user.id, { byAddress: () => true, notes: true });
}
