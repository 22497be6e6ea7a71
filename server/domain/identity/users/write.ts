import { eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { members } from '@/db/schema/members';
import { users } from '@/db/schema/users';
import { mustBeConfirmed } from '@/server/domain/core/reauthentication';
import { audit, change, type Ctx, type Tx } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { keyUri } from '../two-factor/rules';
import { beginFactor, endFactor, replaceRecoveryCodes, switchOnFactor, takeCode } from '../two-factor/write';
import { endLinks } from '../email-links/write';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { getMember, hasGeneratedSignIn } from '@/server/domain/teams/members/read';
import { generatePassword } from '@/server/domain/teams/members/rules';
import { hashPassword } from '@/server/domain/core/password-hashing';
import { note, personally, type Personal, type PersonTx } from '@/server/domain/core/user-context';
import { may, mayOperate } from '@/server/domain/core/policy';
import { lockLiveSeat } from '@/server/domain/billing/auto-recharge/write';
import { endSessionsOf, failAt, lockProven, proveOneself } from '../sessions/write';
import { accountKey, forgetTries, mustBeFew } from '../login-throttle/write';
import type {
  ChangePassword,
  NewFactor,
  PasswordReset,
  RecoveryCodes,
  RenamePerson,
  WithCode,
  WithPassword,
} from './schema';

type Done = { done: true };

const signed = ({ person, origin, requestId }: Personal) => ({
  userId: person.userId,
  address: origin.address,
  requestId,
});

/** Changes a person's name. The names of his seats are the teams'. */
export async function renamePerson(asker: Personal, { name }: RenamePerson): Promise<Done> {
  return personally(asker, async (tx) => {
    const { userId } = asker.person;
    const [before] = await tx.db.select({ name: users.name }).from(users).where(eq(users.id, userId)).for('update');
    if (!before || before.name === name) return { done: true };
    // First, so that the teams read who it was by the name that they know.
    note(tx, { ...signed(asker), action: 'person.renamed', before, after: { name } });
    await tx.db.update(users).set({ name }).where(eq(users.id, userId));
    return { done: true };
  });
}

/**
 * Changes a person's password, which needs the one there is. All his other browsers are signed out.
 * @throws DomainError `invalid_request` at `current`, `rate_limited`
 */
export async function changePassword(asker: Personal, { current, password }: ChangePassword): Promise<Done> {
  const proven = await proveOneself(asker, { password: current }).catch(atCurrent);
  const { userId, email, sessionId } = asker.person;
  const passwordHash = await hashPassword(password, userId);
  return personally(asker, async (tx) => {
    // Set anew meanwhile, by a mailed link perhaps: then who knows the old one changes nothing any more.
    if (!(await lockProven(tx, proven))) failAt('current', 'The password is not right.');
    await setPassword(tx, { userId, email, passwordHash, butFor: sessionId });
    note(tx, { ...signed(asker), action: 'person.password_changed' });
    await queueMail(tx, {
      kind: 'password-changed',
      address: email,
      userId,
      facts: { by: 'himself', ...placeOf(asker) },
    });
    return { done: true };
  });
}

// The form has two passwords: the one that is not right is the first.
function atCurrent(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'invalid_request')
    failAt('current', 'The password is not right.');
  throw error;
}

/**
 * Writes a new password, with what follows from it: sessions end (but one, where it is to stay), links that were mailed to
 * set one are dead, and the tries of who was guessing the old one are forgotten.
 */
export async function setPassword(
  tx: { db: Db; now: Date },
  { userId, email, passwordHash, butFor }: { userId: string; email: string; passwordHash: string; butFor?: string },
): Promise<void> {
  await tx.db.update(users).set({ passwordHash }).where(eq(users.id, userId));
  await endSessionsOf(tx, userId, butFor);
  await endLinks(tx, email, ['reset']);
  await forgetTries(tx, email);
}

/**
 * Gives an account whose address nobody had proven to who may have it: a new password, and nobody else in it. Whoever set up
 * a second factor there was never shown to be its holder.
 */
export async function handOver(
  tx: { db: Db; now: Date },
  user: { userId: string; email: string; passwordHash: string },
): Promise<void> {
  await setPassword(tx, user);
  await endFactor(tx, user.userId);
}

/**
 * Makes a secret for an authenticator app. It counts once a code of it was given.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function startTwoFactor(asker: Personal, proof: WithPassword): Promise<NewFactor> {
  await proveOneself(asker, proof);
  const { userId, email } = asker.person;
  const secret = await beginFactor({ ...asker, db: asker.database.db }, userId);
  if (secret === null) failAt('password', 'Two-factor is on already. Turn it off first.');
  return { secret, uri: keyUri(secret, email) };
}

/**
 * Turns the second factor on, by a code of the app that was just set up. Its recovery codes are in this answer alone.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function confirmTwoFactor(asker: Personal, { code }: WithCode): Promise<RecoveryCodes> {
  const { userId, email } = asker.person;
  await mustBeFew(asker, 'code', accountKey(email));
  return personally(asker, async (tx) => {
    const [user] = await tx.db
      .select({ userId: users.id, totpSealed: users.totpSealed, totpSince: users.totpSince })
      .from(users)
      .where(eq(users.id, userId))
      .for('update');
    const isRight = user?.totpSince === null && (await takeCode(tx, user, code, tx.now));
    if (!isRight) failAt('code', 'The code is not right. Look at the app again: it shows a new one every 30 seconds.');
    await switchOnFactor(tx, userId, tx.now);
    const recoveryCodes = await replaceRecoveryCodes(tx, userId);
    await told(tx, asker, 'person.two_factor_on', true);
    await forgetTries(tx, email);
    return { recoveryCodes };
  });
}

/**
 * Makes new recovery codes in place of the others.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function renewRecoveryCodes(asker: Personal, proof: WithPassword): Promise<RecoveryCodes> {
  await proveOneself(asker, proof);
  return personally(asker, async (tx) => {
    const { userId } = asker.person;
    const [user] = await tx.db.select({ since: users.totpSince }).from(users).where(eq(users.id, userId)).for('update');
    if (!user?.since) failAt('password', 'Two-factor is off.');
    const recoveryCodes = await replaceRecoveryCodes(tx, userId);
    note(tx, { ...signed(asker), action: 'person.recovery_codes_made' });
    return { recoveryCodes };
  });
}

/**
 * Turns the second factor off. Repeated: nothing changes.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function endTwoFactor(asker: Personal, proof: WithPassword): Promise<Done> {
  await proveOneself(asker, proof);
  return personally(asker, async (tx) => {
    if (await endFactor(tx, asker.person.userId)) await told(tx, asker, 'person.two_factor_off', false);
    return { done: true };
  });
}

async function told(
  tx: PersonTx,
  asker: Personal,
  action: 'person.two_factor_on' | 'person.two_factor_off',
  on: boolean,
): Promise<void> {
  const { userId, email } = asker.person;
  note(tx, { ...signed(asker), action });
  await queueMail(tx, { kind: 'two-factor-changed', address: email, userId, facts: { on, ...placeOf(asker) } });
}

/** From where, as the mail of a change says it. */
const placeOf = ({ origin }: Personal) => ({ address: origin.address });

/**
 * Gives the person of a seat a new password, for one who cannot get in; a password is made where none is given. The
 * operator's alone.
 * @returns the password, here alone
 * @throws DomainError `owner_required`, `not_found`
 */
export async function givePassword(
  ctx: Ctx,
  { memberId, password = generatePassword() }: { memberId: string; password?: string },
): Promise<{ email: string; password: string }> {
  mayOperate(ctx.actor);
  const passwordHash = await hashPassword(password);
  return change(ctx, 'members.manage', async (tx) => {
    const { userId, email } = await personOfSeat(tx, memberId);
    await setPassword(tx, { userId, email, passwordHash });
    audit(tx, { action: 'member.password_given', targetType: 'member', targetId: memberId });
    await queueMail(tx, { kind: 'password-changed', address: email, userId, facts: { by: 'operator' } });
    return { email, password };
  });
}

/**
 * Takes the second factor from the person of a seat, who has lost app and recovery codes. The operator's alone.
 * @throws DomainError `owner_required`, `not_found`
 */
export async function resetTwoFactor(ctx: Ctx, memberId: string): Promise<{ email: string; wasOn: boolean }> {
  mayOperate(ctx.actor);
  return change(ctx, 'members.manage', async (tx) => {
    const { userId, email } = await personOfSeat(tx, memberId);
    const wasOn = await endFactor(tx, userId);
    if (wasOn) {
      audit(tx, { action: 'member.two_factor_reset', targetType: 'member', targetId: memberId });
      await queueMail(tx, { kind: 'two-factor-changed', address: email, userId, facts: { on: false } });
    }
    return { email, wasOn };
  });
}

/**
 * Hashes the password that `resetMemberPassword` sets, before its transaction; for a member that can have none nothing is hashed.
 * @throws DomainError as `resetMemberPassword`, `rate_limited`
 */
export async function prepareReset(ctx: Ctx, memberId: string): Promise<{ password: string; passwordHash: string }> {
  if (ctx.tx) throw new Error('A password is hashed before the transaction that stores it.');
  may(ctx.actor, 'members.manage');
  if ((await getMember(ctx, memberId)).status === 'deleted') fail('member_deleted');
  await generatedUserOf(ctx, memberId);
  const password = generatePassword();
  return { password, passwordHash: await hashPassword(password, ctx.actor.teamId) };
}

/**
 * Gives a member a new password whose sign-in was generated with it: nobody else could set one, and no mail arrives there. Ends
 * the user's sessions. The password is in this answer alone.
 * @throws DomainError `owner_required`, `not_found` (also for a user with an address or a team of their own), `member_deleted`,
 * `confirmation_required`
 */
export async function resetMemberPassword(
  ctx: Ctx,
  memberId: string,
  prepared?: { password: string; passwordHash: string },
): Promise<PasswordReset> {
  const { password, passwordHash } = prepared ?? (await prepareReset(ctx, memberId));
  return change(ctx, 'members.manage', async (tx) => {
    await lockLiveSeat(tx, memberId);
    await mustBeConfirmed(tx);
    const user = await generatedUserOf(tx, memberId);
    await setPassword(tx, { ...user, passwordHash });
    audit(tx, { action: 'member.password_given', targetType: 'member', targetId: memberId });
    return { member: await getMember(tx, memberId), email: user.email, secrets: { password } };
  });
}

async function generatedUserOf(tx: Ctx, memberId: string): Promise<{ userId: string; email: string }> {
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

async function personOfSeat(tx: Tx, memberId: string): Promise<{ userId: string; email: string }> {
  await lockLiveSeat(tx, memberId);
  const [person] = await tx.db
    .select({ userId: users.id, email: users.email })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .where(sql`${members.teamId} = ${tx.actor.teamId} AND ${members.id} = ${memberId}`);
  return person ?? fail('not_found', { detail: 'Nobody signs in for this member: it has a key alone.' });
}
