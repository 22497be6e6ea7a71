import { and, eq, ne } from 'drizzle-orm';
import { isUniqueViolation } from '@/db/faults';
import { invitations } from '@/db/schema/invitations';
import { members } from '@/db/schema/members';
import { teams } from '@/db/schema/teams';
import { users } from '@/db/schema/users';
import type { Role } from '@/server/domain/core/actor';
import { makeContext, type TxContext } from '@/server/domain/core/context';
import { fail, failField } from '@/server/domain/core/errors';
import { asTeamId, newUuid7 } from '@/server/domain/core/ids';
import { invitationIs, isNobodys, lockInvitation, mustNotBeClosed, type LockedInvitation } from '../invitations/write';
import { closeAs } from '../inviters/write';
import { issueKey } from '../api-keys/write';
import { post, lockLiveMember, lockMember } from '@/server/domain/billing/ledger/write';
import { listRecipients } from '@/server/domain/notifications/emails/read';
import { queueMail, queueMails } from '@/server/domain/notifications/emails/write';
import { insertMember } from '../members/write';
import { printAmount } from '@/server/domain/core/money';
import { hashPassword } from '@/server/domain/core/password-hashing';
import type { VisitorContext } from '@/server/domain/core/user-context';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { fireRule, writeRule } from '@/server/domain/billing/auto-recharge/write';
import { findAccount, findInvitationLink, joinsAs, linkState, type FoundLink } from './read';
import { endSessionsOf } from '@/server/domain/identity/sessions/write';
import { networkOf } from '@/server/domain/identity/login-throttle/rules';
import type { AcceptInvitation, Joined, LinkInput } from './schema';
import { resetCredentials } from '@/server/domain/identity/passwords/write';
import { recordAudit, publishChange, inTransaction } from '@/server/domain/core/transaction';

/** Opens the one transaction of a link: its team's, in which the guest may do what the invitation says and no more. */
async function withLink<T>(
  ctx: VisitorContext,
  token: string,
  work: (tx: TxContext, invitation: LockedInvitation, link: FoundLink, slug: string) => Promise<T>,
): Promise<T> {
  const link = (await findInvitationLink(ctx, token)) ?? fail('not_found');
  const [team] = await ctx.database.db
    .select({ currency: teams.currency, slug: teams.slug })
    .from(teams)
    .where(and(eq(teams.id, link.teamId), ne(teams.status, 'closed')));
  if (!team) fail('not_found');
  const actor = {
    type: 'visitor',
    teamId: asTeamId(link.teamId),
    currency: team.currency,
    name: ctx.user?.name ?? 'Somebody with the link',
    userId: ctx.user?.userId ?? null,
    channel: 'web',
    address: ctx.origin.address,
  } as const;
  return inTransaction(makeContext(ctx, actor, { requestId: ctx.requestId }), null, async (tx) => {
    if (tx.tx.team.status !== 'active') fail('team_suspended');
    return work(tx, await lockInvitation(tx, link.invitationId), link, team.slug);
  });
}

const stateOf = (link: FoundLink, { status, hasRunOut, version }: LockedInvitation) =>
  linkState(link, { status: hasRunOut ? 'expired' : status, version, teamStatus: 'active' });

const DEAD = {
  replaced: 'A newer link was sent. Use that one.',
  expired: 'Its seven days are over. Ask for a new one.',
};

/** @throws DomainError `invitation_closed` */
function mustBeOpen(link: FoundLink, invitation: LockedInvitation): void {
  mustNotBeClosed(invitation);
  const state = stateOf(link, invitation);
  if (state === 'replaced' || state === 'expired') fail('invitation_closed', { detail: DEAD[state] });
}

/**
 * Accepts an invitation: whoever holds its link gets the seat, with the starting credit as far as the master can pay it (whole or
 * not at all: then the owners are told) and the rule. A new person gives a name and a password; who has an account is signed in.
 * An inviter who may not invite any more lets nobody in: the invitation is revoked instead.
 * @throws DomainError `not_found`, `invitation_closed`, `team_suspended`, `already_member`, `email_taken`, `missing_key` (sign in
 * first, as the one who was invited), `invalid_request` (no name or password)
 */
export async function acceptInvitation(ctx: VisitorContext, input: AcceptInvitation): Promise<Joined> {
  // Only for who has a link that was made here: hashing takes tens of milliseconds on purpose, and anybody may ask.
  if (!(await findInvitationLink(ctx, input.token))) fail('not_found');
  const passwordHash =
    input.password === undefined ? null : await hashPassword(input.password, networkOf(ctx.origin.address));
  const joined = await withLink(ctx, input.token, async (tx, invitation, link, slug) => {
    mustBeOpen(link, invitation);
    if (invitation.inviterLost !== null) {
      await closeAs(tx, [invitation], invitation.inviterLost);
      return null;
    }
    const joining = await resolveUser(tx, ctx, invitation, link, { name: input.name, passwordHash });
    const { memberId, role, apiKey } = await assignMember(tx, invitation, joining);
    const transferId = await payCredit(tx, invitation, memberId);
    if (invitation.recharge !== null && invitation.memberId === null) {
      await writeRule(tx, memberId, await rechargeInput.parseAsync(invitation.recharge));
      await fireRule(tx, memberId);
    }
    await tx.db
      .update(invitations)
      .set({ status: 'accepted', closedAt: tx.now, acceptedBy: joining.userId, memberId, transferId })
      .where(invitationIs(tx, invitation.id));
    const creditMissing = invitation.credit !== null && transferId === null;
    await tell(tx, invitation, joining, { memberId, role, creditMissing });
    const balance = role === 'owner' ? null : (await lockMember(tx, memberId)).balance;
    return { slug, email: invitation.email, creditMissing, balance, apiKey };
  });
  // Only now: the transaction that revokes it has been committed.
  return joined ?? fail('invitation_closed', { detail: 'It was revoked. Ask the team for a new invitation.' });
}

/** Who joins, and what the account is called. */
type Joining = { userId: string; name: string; isNew: boolean };

type Assigned = { memberId: string; role: Role; apiKey: string | null };

type Given = { name: string | undefined; passwordHash: string | null };

async function resolveUser(
  tx: TxContext,
  ctx: VisitorContext,
  { email, name }: LockedInvitation,
  link: FoundLink,
  given: Given,
): Promise<Joining> {
  const holder = await findAccount(tx.db, link.teamId, email);
  const as = joinsAs(ctx.user, email, link, holder);
  if (holder?.isMember && as !== 'new-or-sign-in') fail('already_member');
  if (as === 'other' || as === 'sign-in') return failSignedOut(email);
  if (as === 'join') return { ...holder!, isNew: false };
  const passwordHash =
    given.passwordHash ?? failField('/password', 'Choose a password.', '/password: Choose a password.');
  if (as === 'renew') {
    await renewAccount(tx, { userId: holder!.userId, email, passwordHash });
    return { ...holder!, isNew: false };
  }
  const chosen = given.name ?? name ?? failField('/name', 'Enter your name.', '/name: Enter your name.');
  // Not before: an incomplete request is refused in the same way whoever has the address.
  if (as === 'new-or-sign-in' && holder) failSignedOut(email);
  const [made] = await tx.db
    .insert(users)
    .values({
      id: newUuid7(tx.now),
      email,
      name: chosen,
      passwordHash,
      emailProvenAt: link.way === 'mailed' ? tx.now : null,
      createdAt: tx.now,
    })
    .onConflictDoNothing()
    .returning({ id: users.id });
  // Made a moment ago, by another invitation of the same address.
  if (!made) return failSignedOut(email);
  return { userId: made.id, name: chosen, isNew: true };
}

const failSignedOut = (email: string): never =>
  fail('missing_key', { detail: `Sign in as ${email} first. Nothing was changed.` });

/** The mail proves who has the address: what anyone else has set up in its name ends. */
async function renewAccount(tx: TxContext, user: Parameters<typeof resetCredentials>[1]): Promise<void> {
  await resetCredentials(tx, user);
  await tx.db.update(users).set({ emailProvenAt: tx.now }).where(eq(users.id, user.userId));
}

/** Gives the person a new seat, or the one that the invitation names, with the role that it has by now. */
async function assignMember(tx: TxContext, invitation: LockedInvitation, { userId, name }: Joining): Promise<Assigned> {
  const { email, role, memberId } = invitation;
  if (memberId !== null) return claimMember(tx, { memberId, userId, email });
  const member = { name: invitation.name ?? name, email, role, userId };
  const made = await insertMember(tx, member);
  const apiKey = await issueKey(tx, made);
  if (role === 'owner') publishChange(tx, 'team', null);
  return { memberId: made, role, apiKey };
}

async function claimMember(
  tx: TxContext,
  { memberId, userId, email }: { memberId: string; userId: string; email: string },
): Promise<Assigned> {
  const member = await lockLiveMember(tx, memberId);
  const { teamId } = tx.actor;
  const isIt = and(eq(members.teamId, teamId), eq(members.id, memberId));
  const [now] = await tx.db
    .select({ userId: members.userId, generated: members.emailGenerated, isNobodys })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(isIt);
  if (!now!.isNobodys) fail('already_member', { detail: 'Another person has taken this seat.' });
  // The sign-in that was generated with the seat is nobody's any more.
  if (now!.userId !== null) {
    await tx.db.update(users).set({ passwordHash: null }).where(eq(users.id, now!.userId));
    await endSessionsOf(tx, now!.userId);
  }
  await tx.db
    .update(members)
    .set({
      userId,
      // The right to take a role back was of who stepped down, and that was another.
      steppedDownAt: null,
      ...(now!.generated && { email, emailGenerated: false }),
      updatedAt: tx.now,
    })
    .where(isIt)
    .catch((error: unknown) => (isUniqueViolation(error) ? fail('email_taken') : Promise.reject(error)));
  if (member.role === 'owner') publishChange(tx, 'team', null);
  return { memberId, role: member.role, apiKey: null };
}

/** The starting credit is the inviter's act; null where the master cannot pay it whole. */
async function payCredit(tx: TxContext, invitation: LockedInvitation, memberId: string): Promise<string | null> {
  if (invitation.credit === null) return null;
  const posted = await post(tx, {
    kind: 'credit',
    memberId,
    amount: invitation.credit,
    note: 'Starting credit',
    by: {
      actorType: invitation.actorType,
      actorId: invitation.actorId,
      actorName: invitation.actorName,
      actorMember: invitation.actorMember,
    },
  });
  return posted.outcome === 'posted' ? posted.id : null;
}

async function tell(
  tx: TxContext,
  invitation: LockedInvitation,
  { userId, name, isNew }: Joining,
  { memberId, role, creditMissing }: Omit<Assigned, 'apiKey'> & { creditMissing: boolean },
): Promise<void> {
  const { id, email } = invitation;
  const by = { ...tx, actor: { ...tx.actor, name, ...(tx.actor.type === 'visitor' && { userId }) } };
  const credit = invitation.credit === null ? null : printAmount(invitation.credit);
  recordAudit(by, {
    action: 'invitation.accepted',
    targetType: 'invitation',
    targetId: id,
    before: { status: 'pending' },
    after: { status: 'accepted', email, memberId, credit: creditMissing ? '0.00' : credit, creditMissing },
  });
  recordAudit(by, {
    action: 'member.joined',
    targetType: 'member',
    targetId: memberId,
    after: { name, email, role, claimed: invitation.memberId !== null },
  });
  const about = { teamId: tx.actor.teamId, memberId, about: id };
  await queueMail(tx, { kind: 'welcome', address: email, userId, ...about, facts: { new: isNew, role } });
  if (creditMissing) {
    const facts = { name, credit: String(invitation.credit) };
    await queueMails(
      tx,
      { kind: 'credit-missing', teamId: tx.actor.teamId, about: id, facts },
      await listRecipients(tx, null),
    );
  }
}

/**
 * Declines an invitation. Repeated: nothing changes.
 * @throws DomainError `not_found`, `invitation_closed`, `team_suspended`
 */
export async function declineInvitation(ctx: VisitorContext, { token }: LinkInput): Promise<{ state: 'declined' }> {
  return withLink(ctx, token, async (tx, invitation, link) => {
    if (invitation.status !== 'declined') {
      mustBeOpen(link, invitation);
      await tx.db
        .update(invitations)
        .set({ status: 'declined', closedAt: tx.now })
        .where(invitationIs(tx, invitation.id));
      recordAudit(tx, {
        action: 'invitation.declined',
        targetType: 'invitation',
        targetId: invitation.id,
        before: { status: 'pending', email: invitation.email },
        after: { status: 'declined' },
      });
    }
    return { state: 'declined' };
  });
}

/**
 * Asks the team for a new link in the place of one that has run out; the owners see it. Repeated: nothing changes.
 * @throws DomainError `not_found`, `invitation_closed` (of one that is not run out), `team_suspended`
 */
export async function requestInvitation(ctx: VisitorContext, { token }: LinkInput): Promise<{ state: 'expired' }> {
  return withLink(ctx, token, async (tx, invitation, link) => {
    mustNotBeClosed(invitation);
    const state = stateOf(link, invitation);
    if (state !== 'expired') fail('invitation_closed', { detail: DEAD.replaced });
    if (invitation.requestedAt === null) {
      await tx.db.update(invitations).set({ requestedAt: tx.now }).where(invitationIs(tx, invitation.id));
      recordAudit(tx, {
        action: 'invitation.requested',
        targetType: 'invitation',
        targetId: invitation.id,
        before: { email: invitation.email },
      });
      const { email, id } = invitation;
      const asked = { kind: 'invitation-requested', teamId: tx.actor.teamId, about: id, facts: { email } } as const;
      await queueMails(tx, asked, await listRecipients(tx, null));
    }
    return { state: 'expired' };
  });
}
