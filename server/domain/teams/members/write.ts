import { and, eq, inArray, or, sql, ne } from 'drizzle-orm';
import { isUniqueViolation } from '@/db/faults';
import { members } from '@/db/schema/members';
import { enforceReauthentication } from '@/server/domain/core/reauthentication';
import { type Context, type TxContext, makeContext } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { newUuid7 } from '@/server/domain/core/ids';
import { holdInvitationsOf, revokeInvitationsOf } from '../inviters/write';
import { issueKey, openCurrentKey, retireKeys } from '../api-keys/write';
import { findClosing } from '@/server/domain/billing/ledger/read';
import {
  mustBePosted,
  openMemberAccount,
  post,
  lockLiveMember,
  lockMember,
  type LockedMember,
} from '@/server/domain/billing/ledger/write';
import { listUserOfMember, listRecipients } from '@/server/domain/notifications/emails/read';
import { queueMails } from '@/server/domain/notifications/emails/write';
import { printAmount } from '@/server/domain/core/money';
import { hashPassword } from '@/server/domain/core/password-hashing';
import { may, mayFor, mustBeLive } from '@/server/domain/core/policy';
import { fireRule, pauseRule, writeRule } from '@/server/domain/billing/auto-recharge/write';
import { getMember } from './read';
import { generatedEmail, generatedName, RESTORABLE_MS } from './rules';
import type {
  CreatedMember,
  CreateMember,
  DeletedMember,
  Member,
  RotatedKey,
  RotateKey,
  UpdateMember,
  LeaveTeam,
} from './schema';
import { actingMember, type Role, type MemberActor, visitorActor } from '@/server/domain/core/actor';
import { generatePassword } from '@/server/domain/identity/passwords/rules';
import { createUser } from '@/server/domain/identity/users/write';
import type { UserContext } from '@/server/domain/core/user-context';
import { listMemberships } from '@/server/domain/identity/sessions/read';
import type { Membership } from '@/server/domain/identity/sessions/schema';
import { recordAudit, runCommand, publishChange, inTransaction } from '@/server/domain/core/transaction';

/** The hashed password of a new member that signs in; null for one that only has a key. */
export type NewPassword = { password: string; passwordHash: string } | null;

/**
 * Hashes the password of a new member. Comes before the transaction that creates the member, including one that is
 * opened around the command for an Idempotency-Key.
 * @throws DomainError `owner_required`, `rate_limited`
 */
export async function prepareMember(ctx: Context, input: CreateMember): Promise<NewPassword> {
  const password = input.generatePassword ? generatePassword() : input.password;
  if (password === undefined) return null;
  if (ctx.tx) throw new Error('A password is hashed before the transaction that stores it.');
  may(ctx.actor, 'members.manage');
  return { password, passwordHash: await hashPassword(password, ctx.actor.teamId) };
}

/**
 * Creates an active member with its key, its starting credit and its rule, in one transaction. The credit is posted
 * before the rule is evaluated. Key and password are only in this answer.
 * @throws DomainError `owner_required`, `email_taken`, `insufficient_funds` (then no member is created),
 * `confirmation_required` (for an owner)
 * @param prepared result of `prepareMember` for the same input, where the transaction is already open
 */
export async function createMember(ctx: Context, input: CreateMember, prepared?: NewPassword): Promise<CreatedMember> {
  const newPassword = prepared === undefined ? await prepareMember(ctx, input) : prepared;
  return runCommand(ctx, 'members.manage', async (tx) => {
    // The answer contains a key with all rights, so it is guarded like a change of role.
    if (input.role === 'owner') await enforceReauthentication(tx);
    const name = input.name ?? generatedName();
    const email = input.email ?? generatedEmail(name);
    const userId =
      newPassword === null ? null : await createUser(tx, { name, email, passwordHash: newPassword.passwordHash });
    const memberId = await insertMember(tx, {
      name,
      email,
      emailGenerated: input.email === undefined,
      role: input.role,
      userId,
      externalId: input.externalId ?? null,
      metadata: input.metadata ?? {},
    });
    const apiKey = await issueKey(tx, memberId);
    if (input.credit !== undefined) {
      const posted = await post(tx, { kind: 'credit', memberId, amount: input.credit, note: 'Starting credit' });
      mustBePosted(posted, input.credit);
    }
    if (input.recharge) {
      await writeRule(tx, memberId, input.recharge);
      await fireRule(tx, memberId);
    }
    const credit = input.credit === undefined ? null : printAmount(input.credit);
    recordAudit(tx, {
      action: 'member.created',
      targetType: 'member',
      targetId: memberId,
      after: { name, email, role: input.role, credit, recharge: input.recharge !== undefined },
    });
    const member = await getMember(tx, memberId);
    return { member, secrets: { apiKey, ...(input.generatePassword && { password: newPassword!.password }) } };
  });
}

export type NewMember = Pick<
  typeof members.$inferInsert,
  'name' | 'email' | 'emailGenerated' | 'role' | 'userId' | 'externalId' | 'metadata'
>;

/**
 * Inserts a member and opens its ledger account.
 * @returns the id of the member
 * @throws DomainError `email_taken`
 */
export async function insertMember(tx: TxContext, member: NewMember): Promise<string> {
  const [made] = await tx.db
    .insert(members)
    .values({ teamId: tx.actor.teamId, id: newUuid7(tx.now), ...member, createdAt: tx.now, updatedAt: tx.now })
    .onConflictDoNothing()
    .returning({ id: members.id });
  if (!made) fail('email_taken');
  await openMemberAccount(tx, made.id);
  return made.id;
}

/**
 * Changes name, contact email, externalId or metadata of a live member. The sign-in of its user stays as it is.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `email_taken`
 */
export async function updateMember(ctx: Context, { memberId, ...input }: UpdateMember): Promise<Member> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    await lockLiveMember(tx, memberId);
    const before = await getMember(tx, memberId);
    const changed = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    if (Object.keys(changed).length === 0) return before;
    // Two members that swap addresses at once would deadlock in the unique index, so address changes take an advisory
    // lock.
    if (input.email !== undefined) {
      await tx.db.execute(
        sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${tx.actor.teamId} addresses`}::text, 0))`,
      );
    }
    await tx.db
      .update(members)
      .set({ ...changed, ...(input.email !== undefined && { emailGenerated: false }), updatedAt: tx.now })
      .where(memberIs(tx, memberId))
      .catch((error: unknown) => (isUniqueViolation(error) ? fail('email_taken') : Promise.reject(error)));
    recordAudit(tx, {
      action: 'member.updated',
      targetType: 'member',
      targetId: memberId,
      before: Object.fromEntries(Object.keys(changed).map((key) => [key, before[key as keyof Member]])),
      after: changed,
    });
    return getMember(tx, memberId);
  });
}

const memberIs = (ctx: Context, memberId: string) =>
  and(eq(members.teamId, ctx.actor.teamId), eq(members.id, memberId));

/**
 * Activates a member and evaluates its rule. Repeating it changes nothing.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`
 */
export async function activateMember(ctx: Context, memberId: string): Promise<Member> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    const locked = await lockLiveMember(tx, memberId);
    if (locked.status === 'inactive') {
      // A request that began before its actor was deactivated cannot undo the deactivation.
      await mustStayOwner(tx);
      await setStatus(tx, locked, 'active');
      await fireRule(tx, memberId);
    }
    return getMember(tx, memberId);
  });
}

/**
 * Deactivates a member from its next request on; the balance stays, its rule pauses. Repeating it changes nothing.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `last_owner`
 */
export async function deactivateMember(ctx: Context, memberId: string): Promise<Member> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    await holdInvitationsOf(tx, memberId);
    const locked = await lockLiveMember(tx, memberId, true);
    await mustStayOwner(tx);
    if (locked.status === 'active') {
      await mustNotBeLastOwner(tx, locked);
      await setStatus(tx, locked, 'inactive');
      await revokeInvitationsOf(tx, memberId, 'inviter_inactive');
      await pauseRule(tx, memberId, { off: false });
    }
    return getMember(tx, memberId);
  });
}

// Changing a member's status ends its right to take the owner role back.
async function setStatus(tx: TxContext, locked: LockedMember, status: 'active' | 'inactive'): Promise<void> {
  await tx.db
    .update(members)
    .set({ status, steppedDownAt: null, updatedAt: tx.now })
    .where(memberIs(tx, locked.memberId));
  recordAudit(tx, {
    action: status === 'active' ? 'member.activated' : 'member.deactivated',
    targetType: 'member',
    targetId: locked.memberId,
    before: { status: locked.status },
    after: { status },
  });
  if (locked.role === 'owner') touchOwners(tx);
}

/**
 * Returns active owners, plus the given members in any role. Must be read under the master account's lock, which
 * serialises such changes.
 */
export async function ownersNow(tx: TxContext, ...also: string[]) {
  const active = and(eq(members.role, 'owner'), eq(members.status, 'active'));
  const rows = await tx.db
    .select({ id: members.id, role: members.role, status: members.status, steppedDownAt: members.steppedDownAt })
    .from(members)
    .where(and(eq(members.teamId, tx.actor.teamId), also.length ? or(active, inArray(members.id, also)) : active));
  return { rows, owners: rows.filter((row) => row.role === 'owner' && row.status === 'active') };
}

async function mustNotBeLastOwner(tx: TxContext, locked: LockedMember): Promise<void> {
  if (locked.role !== 'owner' || locked.status !== 'active') return;
  const { owners } = await ownersNow(tx);
  if (!owners.some((owner) => owner.id !== locked.memberId)) fail('last_owner');
}

// Two owners may act on each other at once: the second loses the right while it waits for the lock.
async function mustStayOwner(tx: TxContext): Promise<void> {
  const { actor } = tx;
  if (actor.type !== 'member') return;
  const { rows } = await ownersNow(tx, actor.memberId);
  if (selfNow(rows, actor).role !== 'owner') fail('owner_required');
}

// The actor may have been demoted, deactivated or deleted while it waited: it gets the answer that its next request
// would get.
function selfNow(rows: Awaited<ReturnType<typeof ownersNow>>['rows'], actor: MemberActor) {
  const self = rows.find((row) => row.id === actor.memberId) ?? fail('invalid_key');
  mustBeLive(self.status);
  return self;
}

/**
 * Changes the role of a member. An owner may change any member, including themselves; an owner who stepped down may
 * take the role back while the team has no active owner. Moves no money and changes no key; a member that is no longer
 * an owner has its rule evaluated, as on activation.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `confirmation_required`
 */
export async function setRole(ctx: Context, input: { memberId: string; role: Role }): Promise<Member> {
  const { memberId, role } = input;
  return runCommand(ctx, 'members.role', async (tx) => {
    const { actor } = tx;
    // A member can only ask for its own role back; for all other members it gets the same answer, so nothing about them
    // leaks.
    if (actor.type === 'member' && actor.role === 'member' && actor.memberId !== memberId) fail('owner_required');
    if (role === 'member') await holdInvitationsOf(tx, memberId);
    const locked = await lockMember(tx, memberId, true);
    await mayGiveRole(tx, locked, role);
    if (locked.status === 'deleted') fail('member_deleted');
    if (locked.role !== role) {
      await enforceReauthentication(tx);
      const isSelf = actor.type === 'member' && actor.memberId === memberId;
      await tx.db
        .update(members)
        .set({ role, steppedDownAt: role === 'member' && isSelf ? tx.now : null, updatedAt: tx.now })
        .where(memberIs(tx, memberId));
      touchOwners(tx);
      recordAudit(tx, {
        action: 'member.role_changed',
        targetType: 'member',
        targetId: memberId,
        before: { role: locked.role },
        after: { role },
      });
      const facts = { role, by: actingMember(actor) };
      const mail = { kind: 'role-changed', teamId: actor.teamId, about: memberId, facts } as const;
      await queueMails(tx, mail, await listRecipients(tx, memberId));
      if (role === 'owner') {
        await pauseRule(tx, memberId, { off: false });
      } else {
        await revokeInvitationsOf(tx, memberId, 'inviter_not_owner');
        await fireRule(tx, memberId);
      }
    }
    const own = actor.type === 'member' && actor.memberId === memberId;
    return getMember(own ? { ...tx, actor: { ...actor, role } } : tx, memberId);
  });
}

// Members who stepped down are shown whether the team has an owner, so their pages refetch.
const touchOwners = (tx: TxContext): void => publishChange(tx, 'team', null);

async function mayGiveRole(tx: TxContext, locked: LockedMember, role: Role): Promise<void> {
  const { actor } = tx;
  if (actor.type !== 'member') return;
  const { rows, owners } = await ownersNow(tx, actor.memberId);
  const self = selfNow(rows, actor);
  if (self.role === 'owner') return;
  const takesBack =
    role === 'owner' && locked.memberId === actor.memberId && self.steppedDownAt !== null && owners.length === 0;
  if (!takesBack) fail('owner_required');
}

/**
 * Deletes a member: its balance returns to the master, its keys and its rule end, its log and ledger stay. Repeating it
 * returns the same answer.
 * @throws DomainError `owner_required`, `not_found`, `last_owner`, `confirmation_required`
 */
export async function deleteMember(ctx: Context, memberId: string): Promise<DeletedMember> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    await holdInvitationsOf(tx, memberId);
    const locked = await lockMember(tx, memberId, true);
    await mustStayOwner(tx);
    if (locked.status !== 'deleted') {
      await enforceReauthentication(tx);
      await closeMember(tx, locked);
    }
    const member = await getMember(tx, memberId);
    const closing = await findClosing(tx, memberId, member.deletedAt!);
    return { member, returned: closing?.amount ?? 0n, transferId: closing?.id ?? null };
  });
}

async function closeMember(tx: TxContext, locked: LockedMember): Promise<void> {
  const { memberId } = locked;
  await mustNotBeLastOwner(tx, locked);
  const posted = await post(tx, { kind: 'closing', memberId, amount: null });
  if (posted.outcome !== 'nothing') mustBePosted(posted, locked.balance);
  await retireKeys(tx, memberId);
  await pauseRule(tx, memberId, { off: true });
  await tx.db
    .update(members)
    .set({ status: 'deleted', deletedAt: tx.now, steppedDownAt: null, updatedAt: tx.now })
    .where(memberIs(tx, memberId));
  recordAudit(tx, {
    action: 'member.deleted',
    targetType: 'member',
    targetId: memberId,
    before: { name: locked.name, email: locked.email, role: locked.role, status: locked.status },
    after: { returned: printAmount(posted.amount), transferId: posted.id },
  });
  await revokeInvitationsOf(tx, memberId, 'inviter_deleted');
  const facts = { until: new Date(tx.now.getTime() + RESTORABLE_MS).toISOString(), by: actingMember(tx.actor) };
  const mail = { kind: 'member-deleted', teamId: tx.actor.teamId, about: memberId, facts } as const;
  await queueMails(tx, mail, await listRecipients(tx, memberId));
  if (locked.role === 'owner') touchOwners(tx);
}

/**
 * Restores a deleted member within 14 days: active, with role member, its user, balance 0, its rule off, and no key
 * until one is rotated. A member that is not deleted stays as it is.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted` (too late), `email_taken`, `already_member`
 */
export async function restoreMember(ctx: Context, memberId: string): Promise<Member> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    // The master account stays unlocked: it may be held by the creation of a member with the same address, which this
    // one would then wait for.
    const locked = await lockMember(tx, memberId);
    await mustStayOwner(tx);
    if (locked.status === 'deleted') await reopenMember(tx, locked);
    return getMember(tx, memberId);
  });
}

async function reopenMember(tx: TxContext, { memberId, deletedAt, role }: LockedMember): Promise<void> {
  if (tx.now.getTime() - new Date(deletedAt!).getTime() > RESTORABLE_MS) {
    fail('member_deleted', { detail: 'Deleted members can be restored for 14 days only. Create a new one.' });
  }
  await mustBeFree(tx, memberId);
  await tx.db.execute(sql`SELECT ledger_reopen_member(${tx.actor.teamId}::uuid, ${memberId}::uuid)`);
  await tx.db
    .update(members)
    .set({ status: 'active', role: 'member', deletedAt: null, updatedAt: tx.now })
    .where(memberIs(tx, memberId))
    .catch((error: unknown) => (isUniqueViolation(error) ? fail('email_taken') : Promise.reject(error)));
  recordAudit(tx, {
    action: 'member.restored',
    targetType: 'member',
    targetId: memberId,
    before: { status: 'deleted', role },
    after: { status: 'active', role: 'member' },
  });
}

// The address may meanwhile belong to another member, or the user may have joined again as another member.
async function mustBeFree(tx: TxContext, memberId: string): Promise<void> {
  const { rows } = await tx.db.execute<{ email: boolean }>(sql`
    SELECT other.email = gone.email AS email FROM members gone JOIN members other ON other.team_id = gone.team_id
    WHERE gone.team_id = ${tx.actor.teamId}::uuid AND gone.id = ${memberId}::uuid AND other.team_id = ${tx.actor.teamId}::uuid
      AND other.status <> 'deleted' AND (other.email = gone.email OR other.user_id = gone.user_id) ORDER BY 1 DESC`);
  if (rows[0]) fail(rows[0].email ? 'email_taken' : 'already_member');
}

/**
 * Replaces a member's key; the old ones end at once or after an overlap. A member may rotate its own. The answer
 * contains the key, so it is guarded like a reveal.
 * @throws DomainError `not_found`, `member_deleted`, `confirmation_required`
 */
export async function rotateKey(ctx: Context, input: RotateKey): Promise<RotatedKey> {
  const { memberId, overlapSeconds } = input;
  return runCommand(ctx, 'keys.rotate', async (tx) => {
    mayFor(tx.actor, 'keys.rotate', memberId);
    await lockLiveMember(tx, memberId);
    await enforceReauthentication(tx);
    await retireKeys(tx, memberId, overlapSeconds);
    const apiKey = await issueKey(tx, memberId);
    recordAudit(tx, { action: 'key.rotated', targetType: 'member', targetId: memberId, after: { overlapSeconds } });
    await emailUserOfMember(tx, 'key-rotated', memberId);
    return { member: await getMember(tx, memberId), secrets: { apiKey } };
  });
}

/**
 * Returns a member's current key to an owner and writes an audit row.
 * @throws DomainError `owner_required`, `not_found` (also where the member has no current key), `confirmation_required`
 */
export async function revealKey(ctx: Context, memberId: string): Promise<{ apiKey: string }> {
  return runCommand(ctx, 'keys.reveal', async (tx) => {
    const apiKey = await openCurrentKey(tx, memberId);
    if (!apiKey)
      fail('not_found', { detail: 'There is no such member, or it has no current key. Rotate to create one.' });
    await enforceReauthentication(tx);
    recordAudit(tx, { action: 'key.revealed', targetType: 'member', targetId: memberId });
    await emailUserOfMember(tx, 'key-revealed', memberId);
    return { apiKey };
  });
}

// Emails the member's user about an action of someone else on its key.
async function emailUserOfMember(tx: TxContext, kind: 'key-rotated' | 'key-revealed', memberId: string): Promise<void> {
  const by = actingMember(tx.actor);
  if (by === memberId) return;
  await queueMails(
    tx,
    { kind, teamId: tx.actor.teamId, about: memberId, facts: { by } },
    await listUserOfMember(tx, memberId),
  );
}

/**
 * Removes the user from their member of a team. The member keeps its money, rule and log, and a later invitation can
 * claim it; its key is replaced by one that is shown to nobody. Works for a deactivated member too; without a member in
 * the team, nothing changes.
 * @returns the user's other memberships
 * @throws DomainError `last_owner` (also for the only member who could take the owner role back), `team_suspended`
 */
export async function leaveTeam(userCtx: UserContext, { teamId }: LeaveTeam): Promise<Membership[]> {
  const { userId } = userCtx.user;
  const own = await findOwnMembership(userCtx.database.db, teamId, userId);
  if (own) {
    const actor = visitorActor(teamId, { name: own.name, userId, address: userCtx.origin.address });
    await inTransaction(makeContext(userCtx, actor, { requestId: userCtx.requestId }), null, async (tx) => {
      if (tx.tx.team.status !== 'active') fail('team_suspended');
      await holdInvitationsOf(tx, own.id);
      const locked = await lockMember(tx, own.id, true);
      // Another request may have left, deleted or reassigned the member meanwhile.
      if ((await findOwnMembership(tx.db, teamId, userId))?.id !== own.id) return;
      const role = await detachUser(tx, locked);
      const [before, after] = [{ name: locked.name, role: locked.role }, { role }];
      recordAudit(tx, { action: 'member.left', targetType: 'member', targetId: own.id, before, after });
      // Evaluates the rule, as for every owner who becomes a member.
      if (locked.role === 'owner') await fireRule(tx, own.id);
    });
  }
  return listMemberships(userCtx, userId);
}

/** Returns the member of a user in a team, including a deactivated one, or null. */
export async function findOwnMembership(
  db: Context['db'],
  teamId: string,
  userId: string,
): Promise<{ id: string; name: string } | null> {
  const [row] = await db
    .select({ id: members.id, name: members.name })
    .from(members)
    .where(and(eq(members.teamId, teamId), eq(members.userId, userId), ne(members.status, 'deleted')));
  return row ?? null;
}

/**
 * Removes the user from a member that is locked together with the master account, and replaces its key. The role
 * becomes `member`: an owner without a user would count as the team's last one.
 * @returns the new role
 * @throws DomainError `last_owner`
 */
export async function detachUser(tx: TxContext, locked: LockedMember): Promise<'member'> {
  const { memberId } = locked;
  await mustNotBeNeeded(tx, locked);
  await tx.db
    .update(members)
    .set({ userId: null, role: 'member', steppedDownAt: null, mutedAlerts: [], updatedAt: tx.now })
    .where(and(eq(members.teamId, tx.actor.teamId), eq(members.id, memberId)));
  await revokeInvitationsOf(tx, memberId, 'inviter_left');
  await retireKeys(tx, memberId);
  await issueKey(tx, memberId);
  // Members who stepped down are shown whether the team has an owner, so their pages refetch.
  if (locked.role === 'owner') publishChange(tx, 'team', null);
  return 'member';
}

/** Refuses to remove the last active owner, or, while there is none, the last member who can take the role back. */
async function mustNotBeNeeded(tx: TxContext, { memberId, role, status, steppedDown }: LockedMember): Promise<void> {
  if (status !== 'active' || (role === 'member' && !steppedDown)) return;
  const { owners } = await ownersNow(tx);
  if (!owners.some(({ id }) => id !== memberId)) fail('last_owner');
}
