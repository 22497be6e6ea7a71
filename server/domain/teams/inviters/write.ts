import { and, asc, eq, gt, inArray } from 'drizzle-orm';
import { invitations } from '@/db/schema/invitations';
import { type TxContext } from '@/server/domain/core/context';
import type { RevokedReason } from './rules';
import { recordAudit } from '@/server/domain/core/transaction';

/**
 * Locks the open invitations of a member who is about to lose the right to invite. Comes before the lock of any member,
 * in the order in which an acceptance takes them.
 */
export async function holdInvitationsOf(tx: TxContext, memberId: string): Promise<void> {
  await tx.db
    .select({ id: invitations.id })
    .from(invitations)
    .where(isOpenOf(tx, memberId))
    .orderBy(asc(invitations.id))
    .for('update');
}

/**
 * Revokes the open invitations of a member who has lost the right to invite. Skips an invitation that is being
 * accepted: it was created after `holdInvitationsOf`, and its acceptance checks the inviter.
 */
export async function revokeInvitationsOf(tx: TxContext, memberId: string, reason: RevokedReason): Promise<void> {
  const open = await tx.db
    .select({ id: invitations.id, email: invitations.email })
    .from(invitations)
    .where(isOpenOf(tx, memberId))
    .orderBy(asc(invitations.id))
    .for('update', { skipLocked: true });
  await closeAs(tx, open, reason);
}

const isOpenOf = (tx: TxContext, memberId: string) =>
  and(
    eq(invitations.teamId, tx.actor.teamId),
    eq(invitations.actorMember, memberId),
    eq(invitations.status, 'pending'),
    gt(invitations.expiresAt, tx.now),
  );

/** Revokes locked invitations and writes one audit row for each. */
export async function closeAs(
  tx: TxContext,
  open: { id: string; email: string }[],
  reason: RevokedReason,
): Promise<void> {
  if (open.length === 0) return;
  const ids = open.map(({ id }) => id);
  await tx.db
    .update(invitations)
    .set({ status: 'revoked', revokedReason: reason, closedAt: tx.now })
    .where(and(eq(invitations.teamId, tx.actor.teamId), inArray(invitations.id, ids)));
  for (const { id, email } of open) {
    recordAudit(tx, {
      action: 'invitation.revoked',
      targetType: 'invitation',
      targetId: id,
      before: { email, status: 'pending' },
      after: { status: 'revoked', reason },
    });
  }
}
