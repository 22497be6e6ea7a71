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
import {
  invitationIs,
  isUnclaimed,
  lockInvitation,
  mustNotBeClosed,
  type LockedInvitation,
} from '../invitations/write';
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

/** Runs work in one transaction of the link's team, as a visitor who may only do what the invitation allows. */
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
    name: ctx.user?.name ?? 'Invitee',
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
  replaced: 'A newer link was sent. Use the newer one.',
  expired: 'It expired after seven days. Request a new one.',
};

/** @throws DomainError `invitation_closed` */
function mustBeOpen(link: FoundLink, invitation: LockedInvitation): void {
  mustNotBeClosed(invitation);
  const state = stateOf(link, invitation);
  if (state === 'replaced' || state === 'expired') fail('invitation_closed', { detail: DEAD[state] });
}

/**
 * Accepts an invitation: assigns the member, pays the starting credit (in full or not at all; then the owners are
 * notified) and creates the rule. A new user gives a name and a password, an existing user signs in. If the inviter may
 * no longer invite, the invitation is revoked instead.
 * @throws DomainError `not_found`, `invitation_closed`, `team_suspended`, `already_member`, `email_taken`,
 * `missing_key` (sign in first, as the invited user), `invalid_request` (no name or password)
 */
export async function acceptInvitation(ctx: VisitorContext, input: AcceptInvitation): Promise<Joined> {
  // Hashing is slow on purpose, so only a valid link gets that far.
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
  // The refusal comes after the transaction that revokes the invitation has been committed.
  return joined ?? fail('invitation_closed', { detail: 'It was revoked. Ask the team for a new invitation.' });
}

/** The user who joins. */
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
  const account = await findAccount(tx.db, link.teamId, email);
  const as = joinsAs(ctx.user, email, link, account);
  if (account?.isMember && as !== 'new-or-sign-in') fail('already_member');
  if (as === 'other' || as === 'sign-in') return failSignedOut(email);
  if (as === 'join') return { ...account!, isNew: false };
  const passwordHash =
    given.passwordHash ?? failField('/password', 'Choose a password.', '/password: Choose a password.');
  if (as === 'renew') {
    await renewAccount(tx, { userId: account!.userId, email, passwordHash });
    return { ...account!, isNew: false };
  }
  const chosen = given.name ?? name ?? failField('/name', 'Enter your name.', '/name: Enter your name.');
  // An incomplete request gets the same answer whether or not the address has an account.
  if (as === 'new-or-sign-in' && account) failSignedOut(email);
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
  // No row means that a concurrent acceptance for the same address has created the user.
  if (!made) return failSignedOut(email);
  return { userId: made.id, name: chosen, isNew: true };
}

const failSignedOut = (email: string): never =>
  fail('missing_key', { detail: `Sign in as ${email} first. Nothing was changed.` });

/** Takes over an account by the mailed link, which proves the address. Credentials set up by anyone else end. */
async function renewAccount(tx: TxContext, user: Parameters<typeof resetCredentials>[1]): Promise<void> {
  await resetCredentials(tx, user);
  await tx.db.update(users).set({ emailProvenAt: tx.now }).where(eq(users.id, user.userId));
}

/** Creates a new member for the user, or claims the member that the invitation names, with its current role. */
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
    .select({ userId: members.userId, generated: members.emailGenerated, isUnclaimed })
    .from(members)
    .leftJoin(users, eq(users.id, members.userId))
    .where(isIt);
  if (!now!.isUnclaimed) fail('already_member', { detail: 'Another user has already claimed this member.' });
  // The generated sign-in of the member ends.
  if (now!.userId !== null) {
    await tx.db.update(users).set({ passwordHash: null }).where(eq(users.id, now!.userId));
    await endSessionsOf(tx, now!.userId);
  }
  await tx.db
    .update(members)
    .set({
      userId,
      // Only the user who stepped down may take the owner role back, and that was another user.
      steppedDownAt: null,
      ...(now!.generated && { email, emailGenerated: false }),
      updatedAt: tx.now,
    })
    .where(isIt)
    .catch((error: unknown) => (isUniqueViolation(error) ? fail('email_taken') : Promise.reject(error)));
  if (member.role === 'owner') publishChange(tx, 'team', null);
  return { memberId, role: member.role, apiKey: null };
}

/** Pays the starting credit in the name of the inviter; returns null when the master balance cannot pay it in full. */
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
 * Declines an invitation. Repeating it changes nothing.
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
 * Requests a new link from the team in place of an expired one; the owners see the request. Repeating it changes
 * nothing.
 * @throws DomainError `not_found`, `invitation_closed` (when it has not expired), `team_suspended`
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
