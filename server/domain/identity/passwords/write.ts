import { eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { users } from '@/db/schema/users';
import { removeTwoFactor } from '../two-factor/write';
import { endLinks, useUpLink, requestLink } from '../email-links/write';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { hashPassword } from '@/server/domain/core/password-hashing';
import {
  recordUserAudit,
  inUserTransaction,
  type UserContext,
  type VisitorContext,
} from '@/server/domain/core/user-context';
import { endSessionsOf, lockProven, verifyIdentity } from '../sessions/write';
import { clearAttempts } from '../login-throttle/write';
import type { ChangePassword, EnteredAs, Reset } from './schema';
import { auditFacts, originFacts } from '../users/write';
import { fail, failField } from '@/server/domain/core/errors';
import { findEmailLink } from '../email-links/read';
import { networkOf } from '../login-throttle/rules';
import type { Address } from '../email-links/schema';
import type { Done } from '@/server/domain/core/codecs';

/**
 * Changes a user's password, which requires the current one. Ends the user's other sessions.
 * @throws DomainError `invalid_request` at `/current`, `rate_limited`
 */
export async function changePassword(ctx: UserContext, { current, password }: ChangePassword): Promise<Done> {
  const proven = await verifyIdentity(ctx, { password: current }).catch(failCurrent);
  const { userId, email, sessionId } = ctx.user;
  const passwordHash = await hashPassword(password, userId);
  return inUserTransaction(ctx, async (tx) => {
    // The password may have been changed meanwhile, for example by a reset link: then the old one no longer counts.
    if (!(await lockProven(tx, proven))) failField('/current', 'Wrong password.');
    await setPassword(tx, { userId, email, passwordHash, keptSessionId: sessionId });
    recordUserAudit(tx, { ...auditFacts(ctx), action: 'user.password_changed' });
    await queueMail(tx, {
      kind: 'password-changed',
      address: email,
      userId,
      facts: { by: 'self', ...originFacts(ctx) },
    });
    return { done: true };
  });
}

// The form has two passwords: the wrong one is the current one.
function failCurrent(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'invalid_request')
    failField('/current', 'Wrong password.');
  throw error;
}

/**
 * Writes a new password. Ends the user's sessions (except `keptSessionId`) and reset links, and deletes the failed attempts
 * on the old password.
 */
export async function setPassword(
  tx: { db: Db; now: Date },
  user: { userId: string; email: string; passwordHash: string; keptSessionId?: string },
): Promise<void> {
  const { userId, email, passwordHash, keptSessionId } = user;
  await tx.db.update(users).set({ passwordHash }).where(eq(users.id, userId));
  await endSessionsOf(tx, userId, keptSessionId);
  await endLinks(tx, email, ['reset']);
  await clearAttempts(tx, email);
}

/**
 * Resets an account with an unverified address for the user who has now proved to own it: sets the password, ends all
 * sessions, and removes a second factor that someone else may have set up.
 */
export async function resetCredentials(
  tx: { db: Db; now: Date },
  user: { userId: string; email: string; passwordHash: string },
): Promise<void> {
  await setPassword(tx, user);
  await removeTwoFactor(tx, user.userId);
}

/**
 * Queues an email with a link that sets a new password. The response and the work are the same for an unknown address: only
 * the job looks the user up.
 * @throws DomainError `rate_limited`, by address and by network, known or not
 */
export async function requestPasswordReset(ctx: VisitorContext, { email }: Address): Promise<Done> {
  return requestLink(ctx, 'reset', email);
}

/**
 * Sets a new password by an emailed link, once. Verifies the address and ends all sessions. A second factor stays, unless
 * the address was unverified: then someone else may have set it up.
 * @throws DomainError `not_found` for an invalid, used or expired link
 */
export async function resetPassword(ctx: VisitorContext, { token, password }: Reset): Promise<EnteredAs> {
  const link = (await findEmailLink(ctx, token, 'reset')) ?? failExpiredLink();
  const passwordHash = await hashPassword(password, networkOf(ctx.origin.address));
  return inUserTransaction(ctx, async (tx) => {
    const email = (await useUpLink(tx, link.id, 'reset')) ?? failExpiredLink();
    const user = (await lockUser(tx, email)) ?? failExpiredLink();
    await claimAccount(tx, user, passwordHash);
    const { address } = ctx.origin;
    const { userId } = user;
    recordUserAudit(tx, {
      userId,
      action: 'user.password_changed',
      address,
      requestId: ctx.requestId,
      after: { by: 'link' },
    });
    await queueMail(tx, { kind: 'password-changed', address: email, userId, facts: { by: 'link', address } });
    return { email };
  });
}

/**
 * Throws the error of a used or expired link.
 * @throws DomainError `not_found`
 */
export const failExpiredLink = (): never =>
  fail('not_found', { detail: 'This link was already used or has expired. Request a new one.' });

type Tx = { db: Db; now: Date };

type User = { userId: string; email: string; isProven: boolean };

/** Finds a user by email and locks it until the transaction ends. */
export async function lockUser({ db }: Tx, email: string): Promise<User | undefined> {
  const [user] = await db
    .select({ userId: users.id, email: users.email, isProven: sql<boolean>`${users.emailProvenAt} IS NOT NULL` })
    .from(users)
    .where(eq(users.email, email))
    .for('update');
  return user;
}

/** Sets the password after a link proved the address. Resets the account first if the address was unverified. */
export async function claimAccount(tx: Tx, { userId, email, isProven }: User, passwordHash: string): Promise<void> {
  if (isProven) return setPassword(tx, { userId, email, passwordHash });
  await resetCredentials(tx, { userId, email, passwordHash });
  await tx.db.update(users).set({ emailProvenAt: tx.now }).where(eq(users.id, userId));
}
