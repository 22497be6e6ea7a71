import { and, desc, eq, getTableColumns, gt, lte, ne, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { isUniqueViolation } from '@/db/faults';
import { invitationLookup, invitations } from '@/db/schema/invitations';
import { mails } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { users } from '@/db/schema/users';
import { actingMember, credentialOf, type Role } from '@/server/domain/core/actor';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { enforceReauthentication } from '@/server/domain/core/reauthentication';
import { fail, failField } from '@/server/domain/core/errors';
import { newUuid7 } from '@/server/domain/core/ids';
import type { RevokedReason } from '../inviters/rules';
import { canBeMailed } from '@/server/domain/notifications/emails/rules';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { printAmount } from '@/server/domain/core/money';
import { mustBeLive } from '@/server/domain/core/policy';
import { getInvitation, inviterLost } from './read';
import {
  INVITATION_DAYS,
  invitationUrl,
  isGuarded,
  MAILS_OF_TEAM,
  MAILS_TO_ADDRESS,
  mailsAllowed,
  type InvitationStatus,
} from './rules';
import { plannedRuleSchema, type CreateInvitation, type ShownInvitation } from './schema';
import { recordAudit, runCommand } from '@/server/domain/core/transaction';

/**
 * Invites an address: queues an email with a link where email is set up, and returns a link to share by hand. Nothing
 * in the team changes until the invitation is accepted.
 * @throws DomainError `owner_required`, `invitation_pending`, `already_member`, `not_found` and `member_deleted` (of
 * `memberId`), `confirmation_required` (for an owner, or a claim), `rate_limited`
 */
export async function createInvitation(ctx: Context, input: CreateInvitation): Promise<ShownInvitation> {
  return runCommand(ctx, 'invitations.manage', async (tx) => {
    await mustStayInviter(tx);
    const { email, name = null, memberId = null, credit = null } = input;
    const role = memberId === null ? (input.role ?? 'member') : await claimedRole(tx, memberId, input.role);
    if (isGuarded({ role, memberId })) await enforceReauthentication(tx);
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
        ...inviterFrom(tx),
      })
      .onConflictDoNothing()
      .returning({ id: invitations.id });
    if (!made) fail('invitation_pending');
    await tx.db.insert(invitationLookup).values({ id, teamId: tx.actor.teamId });
    await mailLink(tx, { id, email, memberId });
    recordAudit(tx, {
      action: 'invitation.created',
      targetType: 'invitation',
      targetId: id,
      after: { email, name, role, memberId, credit: credit && printAmount(credit), recharge: rule !== undefined },
    });
    return getInvitation(tx, id);
  });
}

const inviterFrom = ({ actor }: TxContext) => ({
  ...credentialOf(actor),
  actorName: actor.name,
  actorMember: actingMember(actor),
});

/**
 * Locks the inviter's own row, so that a command that takes the role from them waits and then finds this invitation.
 */
async function mustStayInviter(tx: TxContext): Promise<void> {
  const { actor } = tx;
  if (actor.type !== 'member') return;
  const [self] = await tx.db
    .select({ role: members.role, status: members.status })
    .from(members)
    .where(and(eq(members.teamId, actor.teamId), eq(members.id, actor.memberId)))
    .for('share');
  mustBeLive(self?.status ?? null);
  if (self!.role !== 'owner') fail('owner_required');
}

const expiry = (tx: TxContext): Date => new Date(tx.now.getTime() + INVITATION_DAYS * 24 * 3_600_000);

async function mailLink(
  tx: TxContext,
  { id, email, memberId }: { id: string; email: string; memberId: string | null },
) {
  await mustBeFewMails(tx, email);
  const mailId = await queueMail(tx, {
    kind: 'invitation',
    address: email,
    teamId: tx.actor.teamId,
    memberId,
    about: id,
  });
  await tx.db.update(invitations).set({ mailId }).where(invitationIs(tx, id));
}

const DAY_SECONDS = 24 * 3_600;

/**
 * Limits invitation emails to one address and of the whole team, over the last 24 hours. An advisory lock of the team
 * makes concurrent requests count one another.
 * @throws DomainError `rate_limited`
 */
async function mustBeFewMails(tx: TxContext, email: string): Promise<void> {
  if (!canBeMailed(email, tx.mail)) return;
  const { teamId } = tx.actor;
  await tx.db.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${teamId} invitation mails`}::text, 0))`);
  const toAddress = await waitFor(tx, MAILS_TO_ADDRESS, email);
  if (toAddress !== null) {
    const detail = `This team has emailed ${MAILS_TO_ADDRESS} invitations to this address within 24 hours.`;
    failMailed(detail, toAddress);
  }
  // Most teams stay below the limit of any team, so members are counted only above it.
  if ((await waitFor(tx, MAILS_OF_TEAM)) === null) return;
  const live = and(eq(members.teamId, teamId), ne(members.status, 'deleted'));
  const allowed = mailsAllowed(await tx.db.$count(members, live));
  const ofTeam = await waitFor(tx, allowed);
  if (ofTeam !== null) failMailed(`This team has emailed ${allowed} invitations within 24 hours.`, ofTeam);
}

function failMailed(detail: string, retryAfterSeconds: number): never {
  const hours = Math.ceil(retryAfterSeconds / 3_600);
  const wait = `Try again in ${hours === 1 ? 'an hour' : `${hours} hours`}.`;
  return fail('rate_limited', { retryAfterSeconds, detail: `${detail} Nothing was changed. ${wait}` });
}

/** Returns the seconds until one more email may be sent (to one address, if given); null for at once. */
async function waitFor(tx: TxContext, allowed: number, email?: string): Promise<number | null> {
  const [first] = await tx.db
    .select({ age: sql<string>`extract(epoch FROM now() - ${mails.createdAt})` })
    .from(mails)
    .where(
      and(
        eq(mails.teamId, tx.actor.teamId),
        eq(mails.kind, 'invitation'),
        gt(mails.createdAt, sql`now() - make_interval(secs => ${DAY_SECONDS})`),
        email === undefined ? undefined : eq(mails.address, email),
      ),
    )
    .orderBy(desc(mails.createdAt))
    .offset(allowed - 1)
    .limit(1);
  return first ? Math.max(1, Math.ceil(DAY_SECONDS - Number(first.age))) : null;
}

export const invitationIs = (ctx: Context, id: string) =>
  and(eq(invitations.teamId, ctx.actor.teamId), eq(invitations.id, id));

/** A member can be claimed while it has no user, or only a generated sign-in. */
export const isUnclaimed = sql<boolean>`(${members.userId} IS NULL OR ${users.email} LIKE '%@members.invalid')`;

async function claimedRole(tx: TxContext, memberId: string, asked: Role | undefined): Promise<Role> {
  const [member] = await tx.db
    .select({ role: members.role, status: members.status, isUnclaimed })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(and(eq(members.teamId, tx.actor.teamId), eq(members.id, memberId)));
  if (!member) fail('not_found');
  if (member.status === 'deleted') fail('member_deleted');
  if (!member.isUnclaimed) fail('already_member', { detail: 'This member already has a user.' });
  if (asked !== undefined && asked !== member.role) {
    const detail = `The member is ${member.role === 'owner' ? 'an owner' : 'a member'}. Leave this out, or change the role of the member.`;
    failField('/role', detail, `/role: ${detail}`);
  }
  return member.role;
}

/** Refuses an address that already belongs to a member of the team, except the member to be claimed. */
async function mustBeNew(tx: TxContext, email: string, memberId: string | null): Promise<void> {
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
  const claim = 'A member of the team has this address. Pass its ID as `memberId` to let the invitee claim it.';
  fail('already_member', known.signsIn ? {} : { detail: claim });
}

/** Stores `expired` for expired invitations, so that the unique index does not block a new one. */
async function closeExpired(tx: TxContext, email: string, memberId: string | null): Promise<void> {
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

/** An invitation under its row lock. `hasRunOut`: it has expired, whatever its stored status. */
export type LockedInvitation = typeof invitations.$inferSelect & {
  hasRunOut: boolean;
  inviterLost: RevokedReason | null;
};

/**
 * Locks an invitation. Comes before the lock of any member.
 * @throws DomainError `not_found`
 */
export async function lockInvitation(tx: TxContext, invitationId: string): Promise<LockedInvitation> {
  const [row] = await tx.db
    .select({ ...getTableColumns(invitations), inviterLost })
    .from(invitations)
    .where(invitationIs(tx, invitationId))
    .for('update');
  if (!row) fail('not_found');
  return { ...row, hasRunOut: row.status === 'expired' || (row.status === 'pending' && row.expiresAt <= tx.now) };
}

const ENDED: Record<Exclude<InvitationStatus, 'pending' | 'expired'>, string> = {
  accepted: 'It was accepted.',
  declined: 'It was declined.',
  revoked: 'It was revoked.',
};

/**
 * Refuses an invitation that was accepted, declined or revoked.
 * @throws DomainError `invitation_closed`
 */
export function mustNotBeClosed({ status }: LockedInvitation): void {
  if (status === 'pending' || status === 'expired') return;
  fail('invitation_closed', { detail: `${ENDED[status]} Create a new invitation.` });
}

/**
 * Sends an invitation again, with a new link and seven more days; previous links stop working. If its inviter may no
 * longer invite, the actor becomes its inviter.
 * @throws DomainError `owner_required`, `not_found`, `invitation_closed`, `invitation_pending` (another one to the same
 * address), `already_member`, `confirmation_required` (for an owner, or a claim), `rate_limited`
 */
export async function resendInvitation(ctx: Context, invitationId: string): Promise<ShownInvitation> {
  return runCommand(ctx, 'invitations.manage', async (tx) => {
    const invitation = await lockInvitation(tx, invitationId);
    await mustStayInviter(tx);
    mustNotBeClosed(invitation);
    if (isGuarded(invitation)) await enforceReauthentication(tx);
    const { email, memberId } = invitation;
    if (memberId !== null) await claimedRole(tx, memberId, undefined);
    await mustBeNew(tx, email, memberId);
    await closeExpired(tx, email, memberId);
    await tx.db
      .update(invitations)
      .set({
        status: 'pending',
        version: invitation.version + 1,
        expiresAt: expiry(tx),
        requestedAt: null,
        ...(invitation.inviterLost !== null && inviterFrom(tx)),
      })
      .where(invitationIs(tx, invitationId))
      .catch((error: unknown) => (isUniqueViolation(error) ? fail('invitation_pending') : Promise.reject(error)));
    await mailLink(tx, { id: invitationId, email, memberId });
    recordAudit(tx, {
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
 * Revokes an invitation: its links stop working, it stays listed, and a new one may be created. Repeating it changes
 * nothing.
 * @throws DomainError `owner_required`, `not_found`, `invitation_closed` (accepted or declined)
 */
export async function revokeInvitation(ctx: Context, invitationId: string): Promise<ShownInvitation> {
  return runCommand(ctx, 'invitations.manage', async (tx) => {
    const invitation = await lockInvitation(tx, invitationId);
    if (invitation.status !== 'revoked') {
      mustNotBeClosed(invitation);
      await tx.db
        .update(invitations)
        .set({ status: 'revoked', revokedReason: 'by_owner', closedAt: tx.now })
        .where(invitationIs(tx, invitationId));
      recordAudit(tx, {
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

/**
 * Returns the link of an open invitation. Lists leave out a guarded link until the actor has confirmed their identity.
 * @throws DomainError `owner_required`, `not_found` (also where there is no link), `confirmation_required`
 */
export async function openLink(ctx: Context, invitationId: string): Promise<{ url: string }> {
  return runCommand(ctx, 'invitations.manage', async (tx) => {
    const invitation = await lockInvitation(tx, invitationId);
    if (invitation.status !== 'pending' || invitation.hasRunOut) {
      fail('not_found', { detail: 'This invitation has no link: it is closed or has expired.' });
    }
    if (isGuarded(invitation)) await enforceReauthentication(tx);
    recordAudit(tx, {
      action: 'invitation.link_shown',
      targetType: 'invitation',
      targetId: invitationId,
      after: { email: invitation.email },
    });
    return { url: invitationUrl(tx, invitation, 'copied') };
  });
}
