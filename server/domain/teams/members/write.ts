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

/** The password of a new member who signs in, hashed; null for one that only has a key. */
export type NewPassword = { password: string; passwordHash: string } | null;

/**
 * Hashes the password that a new member is to have. Comes before the transaction that creates the member, also where that one
 * is opened around the command for an Idempotency-Key.
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
 * Makes an active member with its key, in one transaction with its starting credit and its rule. The credit is posted
 * before the rule is looked at. Key and password are in this answer alone.
 * @throws DomainError `owner_required`, `email_taken`, `insufficient_funds` (then there is no member), `confirmation_required`
 * (an owner)
 * @param prepared what `prepareMember` has made of the same input, where the transaction is open already
 */
export async function createMember(ctx: Context, input: CreateMember, prepared?: NewPassword): Promise<CreatedMember> {
  const made = prepared === undefined ? await prepareMember(ctx, input) : prepared;
  return runCommand(ctx, 'members.manage', async (tx) => {
    // As for a change of role: this answer holds a key that may do all.
    if (input.role === 'owner') await enforceReauthentication(tx);
    const name = input.name ?? generatedName();
    const email = input.email ?? generatedEmail(name);
    const userId = made === null ? null : await createUser(tx, { name, email, passwordHash: made.passwordHash });
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
    return { member, secrets: { apiKey, ...(input.generatePassword && { password: made!.password }) } };
  });
}

export type NewMember = Pick<
  typeof members.$inferInsert,
  'name' | 'email' | 'emailGenerated' | 'role' | 'userId' | 'externalId' | 'metadata'
>;

/**
 * Writes a seat and opens its account; answers its id.
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
 * Changes name, contact email, externalId or metadata of a live seat. A user's sign-in stays as it is.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `email_taken`
 */
export async function updateMember(ctx: Context, { memberId, ...input }: UpdateMember): Promise<Member> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    await lockLiveMember(tx, memberId);
    const before = await getMember(tx, memberId);
    const changed = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    if (Object.keys(changed).length === 0) return before;
    // Two seats that swap their addresses at once would wait for each other in the index: changes of addresses queue here.
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
 * Lets a seat act again; its rule is looked at. Repeated: nothing changes.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`
 */
export async function activateMember(ctx: Context, memberId: string): Promise<Member> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    const locked = await lockLiveMember(tx, memberId);
    if (locked.status === 'inactive') {
      // Who was deactivated a moment ago does not undo it with a request that had begun before.
      await mustStayOwner(tx);
      await setStatus(tx, locked, 'active');
      await fireRule(tx, memberId);
    }
    return getMember(tx, memberId);
  });
}

/**
 * Stops a seat from its very next request; the balance stays, its rule pauses. Repeated: nothing changes.
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

// Another's change of a seat's status ends its holder's right to take the owner's role back.
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

/** Active owners, and the actor and the target whatever they are: read after the master's lock, where such changes meet. */
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

// Two owners who act on each other at once: the second has lost the right while it waited for the lock.
async function mustStayOwner(tx: TxContext): Promise<void> {
  const { actor } = tx;
  if (actor.type !== 'member') return;
  const { rows } = await ownersNow(tx, actor.memberId);
  if (selfNow(rows, actor).role !== 'owner') fail('owner_required');
}

// Another may have demoted, deactivated or deleted the actor while it waited: it is told what its next request is told.
function selfNow(rows: Awaited<ReturnType<typeof ownersNow>>['rows'], actor: MemberActor) {
  const self = rows.find((row) => row.id === actor.memberId) ?? fail('invalid_key');
  mustBeLive(self.status);
  return self;
}

/**
 * Gives a seat a role. An owner may give any seat any role, his own too; an owner who made himself a member may take the
 * role back while the team has no active owner. Moves no money and changes no key; a seat that becomes a member fires its
 * rule as on activation.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `confirmation_required`
 */
export async function setRole(ctx: Context, input: { memberId: string; role: Role }): Promise<Member> {
  const { memberId, role } = input;
  return runCommand(ctx, 'members.role', async (tx) => {
    const { actor } = tx;
    // A member asks for nothing but its own way back; what it is told of other seats is the same for all of them.
    if (actor.type === 'member' && actor.role === 'member' && actor.memberId !== memberId) fail('owner_required');
    if (role === 'member') await holdInvitationsOf(tx, memberId);
    const locked = await lockMember(tx, memberId, true);
    await mayGiveRole(tx, locked, role);
    if (locked.status === 'deleted') fail('member_deleted');
    if (locked.role !== role) {
      await enforceReauthentication(tx);
      const himself = actor.type === 'member' && actor.memberId === memberId;
      await tx.db
        .update(members)
        .set({ role, steppedDownAt: role === 'member' && himself ? tx.now : null, updatedAt: tx.now })
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

// Whoever stepped down sees whether the team has an owner.
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
 * Deletes a seat: its balance returns to the master, its keys die, its rule ends; log and ledger stay. Repeated: the same
 * answer.
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
 * Brings a deleted seat back within 14 days: active, a member, with its person and balance 0, its rule off, and no key
 * until one is rotated in. A seat that is not deleted stays as it is.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted` (too late), `email_taken`, `already_member`
 */
export async function restoreMember(ctx: Context, memberId: string): Promise<Member> {
  return runCommand(ctx, 'members.manage', async (tx) => {
    // Not the master: it may wait for a member that is being created with the same address, which waits for the master.
    const locked = await lockMember(tx, memberId);
    await mustStayOwner(tx);
    if (locked.status === 'deleted') await reopenMember(tx, locked);
    return getMember(tx, memberId);
  });
}

async function reopenMember(tx: TxContext, { memberId, deletedAt, role }: LockedMember): Promise<void> {
  if (tx.now.getTime() - new Date(deletedAt!).getTime() > RESTORABLE_MS) {
    fail('member_deleted', { detail: 'A deleted member can be restored for 14 days. Create a new one.' });
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

// Meanwhile its address may have been given to another seat, or its person may have taken one.
async function mustBeFree(tx: TxContext, memberId: string): Promise<void> {
  const { rows } = await tx.db.execute<{ email: boolean }>(sql`
    SELECT other.email = gone.email AS email FROM members gone JOIN members other ON other.team_id = gone.team_id
    WHERE gone.team_id = ${tx.actor.teamId}::uuid AND gone.id = ${memberId}::uuid AND other.team_id = ${tx.actor.teamId}::uuid
      AND other.status <> 'deleted' AND (other.email = gone.email OR other.user_id = gone.user_id) ORDER BY 1 DESC`);
  if (rows[0]) fail(rows[0].email ? 'email_taken' : 'already_member');
}

/**
 * Gives a seat a new key; the old ones die at once or after an overlap. A member may rotate its own. The answer holds the key,
 * so it is asked for as a reveal is.
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
 * Shows an owner a seat's current key once more; written to the audit log.
 * @throws DomainError `owner_required`, `not_found` (also where the seat has no current key), `confirmation_required`
 */
export async function revealKey(ctx: Context, memberId: string): Promise<{ apiKey: string }> {
  return runCommand(ctx, 'keys.reveal', async (tx) => {
    const apiKey = await openCurrentKey(tx, memberId);
    if (!apiKey)
      fail('not_found', { detail: 'There is no such member, or it has no current key: rotate to make one.' });
    await enforceReauthentication(tx);
    recordAudit(tx, { action: 'key.revealed', targetType: 'member', targetId: memberId });
    await emailUserOfMember(tx, 'key-revealed', memberId);
    return { apiKey };
  });
}

// Who holds the seat is told what another did with its key.
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
 * Takes a person off the seat in a team; what the seat has (money, rule, log) stays, and a later invitation can claim it. Its key
 * is another from now on, which nobody has seen. A deactivated seat may be left too. Answers the person's other seats;
 * repeated, or asked of a team in which there is no seat, nothing changes.
 * @throws DomainError `last_owner` (also for who alone could take the owner's role back), `team_suspended`
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
      // Meanwhile it may have been left, deleted, or left and taken by another.
      if ((await findOwnMembership(tx.db, teamId, userId))?.id !== own.id) return;
      const role = await detachUser(tx, locked);
      const [before, after] = [{ name: locked.name, role: locked.role }, { role }];
      recordAudit(tx, { action: 'member.left', targetType: 'member', targetId: own.id, before, after });
      // Since it is a member: as with any that becomes one.
      if (locked.role === 'owner') await fireRule(tx, own.id);
    });
  }
  return listMemberships(userCtx, userId);
}

/** The seat that a person has in a team, a deactivated one too. */
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
 * Takes the person off a seat that is locked with its master, and gives it another key. A seat without a person is a member's:
 * an owner whom nobody is would count as the team's last one. Answers its role since.
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
  // Whoever stepped down sees whether the team has an owner.
  if (locked.role === 'owner') publishChange(tx, 'team', null);
  return 'member';
}

/** The last active owner is needed, and while there is none, who can take the role back. */
async function mustNotBeNeeded(tx: TxContext, { memberId, role, status, steppedDown }: LockedMember): Promise<void> {
  if (status !== 'active' || (role === 'member' && !steppedDown)) return;
  const { owners } = await ownersNow(tx);
  if (!owners.some(({ id }) => id !== memberId)) fail('last_owner');
}
