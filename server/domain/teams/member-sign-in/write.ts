import { eq, sql } from 'drizzle-orm';
import { members } from '@/db/schema/members';
import { users } from '@/db/schema/users';
import { enforceReauthentication } from '@/server/domain/core/reauthentication';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { removeTwoFactor } from '@/server/domain/identity/two-factor/write';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { getMember, hasGeneratedSignIn } from '../members/read';
import { hashPassword } from '@/server/domain/core/password-hashing';
import { may, mayOperate } from '@/server/domain/core/policy';
import { generatePassword } from '@/server/domain/identity/passwords/rules';
import type { PasswordReset } from './schema';
import { setPassword } from '@/server/domain/identity/passwords/write';
import { lockLiveMember } from '@/server/domain/billing/ledger/write';
import { recordAudit, runCommand } from '@/server/domain/core/transaction';

/**
 * Sets a new password for the user of a member who is locked out; generates one where none is given. Only for the
 * operator.
 * @returns the password, which is not shown again
 * @throws DomainError `owner_required`, `not_found`
 */
export async function givePassword(
  ctx: Context,
  { memberId, password = generatePassword() }: { memberId: string; password?: string },
): Promise<{ email: string; password: string }> {
  mayOperate(ctx.actor);
  const passwordHash = await hashPassword(password);
  return runCommand(ctx, 'members.manage', async (tx) => {
    const { userId, email } = await userOfMember(tx, memberId);
    await setPassword(tx, { userId, email, passwordHash });
    recordAudit(tx, { action: 'member.password_given', targetType: 'member', targetId: memberId });
    await queueMail(tx, { kind: 'password-changed', address: email, userId, facts: { by: 'operator' } });
    return { email, password };
  });
}

/**
 * Turns two-factor off for the user of a member who has lost the app and the recovery codes. Only for the operator.
 * @throws DomainError `owner_required`, `not_found`
 */
export async function resetTwoFactor(ctx: Context, memberId: string): Promise<{ email: string; wasOn: boolean }> {
  mayOperate(ctx.actor);
  return runCommand(ctx, 'members.manage', async (tx) => {
    const { userId, email } = await userOfMember(tx, memberId);
    const wasOn = await removeTwoFactor(tx, userId);
    if (wasOn) {
      recordAudit(tx, { action: 'member.two_factor_reset', targetType: 'member', targetId: memberId });
      await queueMail(tx, { kind: 'two-factor-changed', address: email, userId, facts: { on: false } });
    }
    return { email, wasOn };
  });
}

/**
 * Hashes the password that `resetMemberPassword` sets, before its transaction. Refuses first, so that a refused call
 * hashes nothing.
 * @throws DomainError those of `resetMemberPassword`, `rate_limited`
 */
export async function prepareReset(
  ctx: Context,
  memberId: string,
): Promise<{ password: string; passwordHash: string }> {
  if (ctx.tx) throw new Error('A password is hashed before the transaction that stores it.');
  may(ctx.actor, 'members.manage');
  if ((await getMember(ctx, memberId)).status === 'deleted') fail('member_deleted');
  await generatedUserOf(ctx, memberId);
  const password = generatePassword();
  return { password, passwordHash: await hashPassword(password, ctx.actor.teamId) };
}

/**
 * Sets a new password for a member with a generated sign-in, which no email reaches and nobody else can change. Ends
 * the user's sessions. The password is only in this answer.
 * @throws DomainError `owner_required`, `not_found` (also for a user with an address or a team of their own),
 * `member_deleted`, `confirmation_required`
 */
export async function resetMemberPassword(
  ctx: Context,
  memberId: string,
  prepared?: { password: string; passwordHash: string },
): Promise<PasswordReset> {
  const { password, passwordHash } = prepared ?? (await prepareReset(ctx, memberId));
  return runCommand(ctx, 'members.manage', async (tx) => {
    await lockLiveMember(tx, memberId);
    await enforceReauthentication(tx);
    const user = await generatedUserOf(tx, memberId);
    await setPassword(tx, { ...user, passwordHash });
    recordAudit(tx, { action: 'member.password_given', targetType: 'member', targetId: memberId });
    return { member: await getMember(tx, memberId), email: user.email, secrets: { password } };
  });
}

async function generatedUserOf(tx: Context, memberId: string): Promise<{ userId: string; email: string }> {
  const [user] = await tx.db
    .select({ userId: users.id, email: users.email, hasGeneratedSignIn })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(sql`${members.teamId} = ${tx.actor.teamId} AND ${members.id} = ${memberId}`)
    .for('update', { of: users });
  if (!user) fail('not_found', { detail: 'This member has no sign-in, only an API key.' });
  if (!user.hasGeneratedSignIn) {
    fail('not_found', { detail: 'This member’s user has an email address of their own and sets their own password.' });
  }
  return user;
}

async function userOfMember(tx: TxContext, memberId: string): Promise<{ userId: string; email: string }> {
  await lockLiveMember(tx, memberId);
  const [user] = await tx.db
    .select({ userId: users.id, email: users.email })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(sql`${members.teamId} = ${tx.actor.teamId} AND ${members.id} = ${memberId}`);
  return user ?? fail('not_found', { detail: 'This member has no sign-in, only an API key.' });
}
