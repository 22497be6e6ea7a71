import { and, eq, lte, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { isUniqueViolation } from '@/db/faults';
import { invitationLookup, invitations } from '@/db/schema/invitations';
import { members } from '@/db/schema/members';
import { users } from '@/db/schema/users';
import { seatOf, credentialOf, type Role } from '../actor';
import { audit, change, type Ctx, type Tx } from '../ctx';
import { mustBeConfirmed } from '../confirmation';
import { fail } from '../errors';
import { newUuid7 } from '../ids';
import { queueMail } from '../mails/write';
import { printAmount } from '../money';
import { getInvitation } from './read';
import { INVITATION_DAYS, type InvitationStatus } from './rules';
import { plannedRuleSchema, type CreateInvitation, type ShownInvitation } from './schema';

/**
 * Invites an address: a mail with a link is sent where mail is set up, and the answer has a link to be given by hand. Nothing of
 * the team changes until it is accepted.
 * @throws DomainError `owner_required`, `invitation_pending`, `already_member`, `not_found` and `member_deleted` (of `memberId`),
 * `confirmation_required` (an owner)
 */
export async function createInvitation(ctx: Ctx, input: CreateInvitation): Promise<ShownInvitation> {
  return change(ctx, 'invitations.manage', async (tx) => {
    const { email, name = null, memberId = null, credit = null } = input;
    const role = memberId === null ? (input.role ?? 'member') : await claimedRole(tx, memberId, input.role);
    // It is a change of role for whoever accepts it.
    if (role === 'owner') await mustBeConfirmed(tx);
    await mustBeNew(tx, email, memberId);
    await closeExpired(tx, email, memberId);
    const rule = input.recharge && { ...input.recharge, cap: input.recharge.cap ?? null };
    const id = newUuid7(tx.now);
    const [made] = await tx.db
      .insert(invitations)
      .values({
        teamId: tx.actor.teamId,
        id,
        email,
        name,
        role,
        memberId,
        credit,
        recharge: rule ? z.encode(plannedRuleSchema, rule) : null,
        status: 'pending',
        expiresAt: expiry(tx),
        createdAt: tx.now,
        ...credentialOf(tx.actor),
        actorName: tx.actor.name,
        actorMember: seatOf(tx.actor),
      })
      .onConflictDoNothing()
      .returning({ id: invitations.id });
    if (!made) fail('invitation_pending');
    await tx.db.insert(invitationLookup).values({ id, teamId: tx.actor.teamId });
    await mailLink(tx, { id, email, memberId });
    audit(tx, {
      action: 'invitation.created',
      targetType: 'invitation',
      targetId: id,
      after: { email, name, role, memberId, credit: credit && printAmount(credit), recharge: rule !== undefined },
    });
    return getInvitation(tx, id);
  });
}

const expiry = (tx: Tx): Date => new Date(tx.now.getTime() + INVITATION_DAYS * 24 * 3_600_000);

async function mailLink(tx: Tx, { id, email, memberId }: { id: string; email: string; memberId: string | null }) {
  const mailId = await queueMail(tx, {
    kind: 'invitation',
    address: email,
    teamId: tx.actor.teamId,
    memberId,
    about: id,
  });
  await tx.db.update(invitations).set({ mailId }).where(invitationIs(tx, id));
}

export const invitationIs = (ctx: Ctx, id: string) =>
  and(eq(invitations.teamId, ctx.actor.teamId), eq(invitations.id, id));

/** A seat can be claimed while it is nobody's: a sign-in that was generated with it is no person's. */
export const isNobodys = sql<boolean>`(${members.userId} IS NULL OR ${users.email} LIKE '%@members.invalid')`;

async function claimedRole(tx: Tx, memberId: string, asked: Role | undefined): Promise<Role> {
  const [seat] = await tx.db
    .select({ role: members.role, status: members.status, isNobodys })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.teamId, tx.actor.teamId), eq(members.id, memberId)));
  if (!seat) fail('not_found');
  if (seat.status === 'deleted') fail('member_deleted');
  if (!seat.isNobodys) fail('already_member', { detail: 'A person has this seat already.' });
  if (asked !== undefined && asked !== seat.role) {
    const detail = `The member is ${seat.role === 'owner' ? 'an owner' : 'a member'}: leave this out, or change its role there.`;
    fail('invalid_request', {
      detail: `/role: ${detail}`,
      errors: [{ pointer: '/role', code: 'invalid_request', detail }],
    });
  }
  return seat.role;
}

/** An address that has a seat in the team needs no invitation, but for the seat that is to be claimed. */
async function mustBeNew(tx: Tx, email: string, memberId: string | null): Promise<void> {
  const [known] = await tx.db
    .select({ signsIn: sql<boolean>`${users.email} = ${email}` })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(
      and(
        eq(members.teamId, tx.actor.teamId),
        ne(members.status, 'deleted'),
        memberId === null ? undefined : ne(members.id, memberId),
        or(eq(members.email, email), eq(users.email, email)),
      ),
    )
    .limit(1);
  if (!known) return;
  const claim = 'A member of the team has this address. Name it in `memberId` to invite the person to take it over.';
  fail('already_member', known.signsIn ? {} : { detail: claim });
}

/** What has run out is written so, so that it stands in no new one's way. */
async function closeExpired(tx: Tx, email: string, memberId: string | null): Promise<void> {
  await tx.db
    .update(invitations)
    .set({ status: 'expired' })
    .where(
      and(
        eq(invitations.teamId, tx.actor.teamId),
        eq(invitations.status, 'pending'),
        lte(invitations.expiresAt, tx.now),
        or(eq(invitations.email, email), memberId === null ? undefined : eq(invitations.memberId, memberId)),
      ),
    );
}

/** An invitation under its lock. `hasRunOut`: its time is over, whatever is written. */
export type LockedInvitation = typeof invitations.$inferSelect & { hasRunOut: boolean };

/**
 * Locks an invitation: whoever changes one holds it first, before any seat.
 * @throws DomainError `not_found`
 */
export async function lockInvitation(tx: Tx, invitationId: string): Promise<LockedInvitation> {
  const [row] = await tx.db.select().from(invitations).where(invitationIs(tx, invitationId)).for('update');
  if (!row) fail('not_found');
  return { ...row, hasRunOut: row.status === 'expired' || (row.status === 'pending' && row.expiresAt <= tx.now) };
}

const ENDED: Record<Exclude<InvitationStatus, 'pending' | 'expired'>, string> = {
  accepted: 'It was accepted.',
  declined: 'It was declined.',
  revoked: 'It was revoked.',
};

/** @throws DomainError `invitation_closed` for one that was accepted, declined or revoked */
export function mustNotBeClosed({ status }: LockedInvitation): void {
  if (status === 'pending' || status === 'expired') return;
  fail('invitation_closed', { detail: `${ENDED[status]} Make a new invitation.` });
}

/**
 * Sends an invitation anew: the same one, with a new link and seven more days. The old links are dead.
 * @throws DomainError `owner_required`, `not_found`, `invitation_closed`, `invitation_pending` (another one to the same address),
 * `already_member`
 */
export async function resendInvitation(ctx: Ctx, invitationId: string): Promise<ShownInvitation> {
  return change(ctx, 'invitations.manage', async (tx) => {
    const invitation = await lockInvitation(tx, invitationId);
    mustNotBeClosed(invitation);
    const { email, memberId } = invitation;
    if (memberId !== null) await claimedRole(tx, memberId, undefined);
    await mustBeNew(tx, email, memberId);
    await closeExpired(tx, email, memberId);
    await tx.db
      .update(invitations)
      .set({ status: 'pending', version: invitation.version + 1, expiresAt: expiry(tx), requestedAt: null })
      .where(invitationIs(tx, invitationId))
      .catch((error: unknown) => (isUniqueViolation(error) ? fail('invitation_pending') : Promise.reject(error)));
    await mailLink(tx, { id: invitationId, email, memberId });
    audit(tx, {
      action: 'invitation.resent',
      targetType: 'invitation',
      targetId: invitationId,
      before: { expiresAt: invitation.expiresAt.toISOString() },
      after: { email, expiresAt: expiry(tx).toISOString() },
    });
    return getInvitation(tx, invitationId);
  });
}

/**
 * Ends an invitation for good: its links are dead, it stays listed, and a new one may be made. Repeated: nothing changes.
 * @throws DomainError `owner_required`, `not_found`, `invitation_closed` (accepted or declined)
 */
export async function revokeInvitation(ctx: Ctx, invitationId: string): Promise<ShownInvitation> {
  return change(ctx, 'invitations.manage', async (tx) => {
    const invitation = await lockInvitation(tx, invitationId);
    if (invitation.status !== 'revoked') {
      mustNotBeClosed(invitation);
      await tx.db
        .update(invitations)
        .set({ status: 'revoked', closedAt: tx.now })
        .where(invitationIs(tx, invitationId));
      audit(tx, {
        action: 'invitation.revoked',
        targetType: 'invitation',
        targetId: invitationId,
        before: { email: invitation.email, status: invitation.hasRunOut ? 'expired' : 'pending' },
        after: { status: 'revoked' },
      });
    }
    return getInvitation(tx, invitationId);
  });
}
