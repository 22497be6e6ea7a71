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
import { endSessionsOf, failAt, lockProven, proveOneself } from '../sessions/write';
import { clearAttempts } from '../login-throttle/write';
import type { ChangePassword, EnteredAs, Reset } from './schema';
import { auditFacts, originFacts } from '../users/write';
import { fail } from '@/server/domain/core/errors';
import { findEmailLink } from '../email-links/read';
import { networkOf } from '../login-throttle/rules';
import type { Address } from '../email-links/schema';
import type { Done } from '@/server/domain/core/codecs';

/**
 * Changes a person's password, which needs the one there is. All his other browsers are signed out.
 * @throws DomainError `invalid_request` at `current`, `rate_limited`
 */
export async function changePassword(ctx: UserContext, { current, password }: ChangePassword): Promise<Done> {
  const proven = await proveOneself(ctx, { password: current }).catch(atCurrent);
  const { userId, email, sessionId } = ctx.user;
  const passwordHash = await hashPassword(password, userId);
  return inUserTransaction(ctx, async (tx) => {
    // Set anew meanwhile, by a mailed link perhaps: then who knows the old one changes nothing any more.
    if (!(await lockProven(tx, proven))) failAt('current', 'The password is not right.');
    await setPassword(tx, { userId, email, passwordHash, butFor: sessionId });
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
  await clearAttempts(tx, email);
}

/**
 * Gives an account whose address nobody had proven to who may have it: a new password, and nobody else in it. Whoever set up
 * a second factor there was never shown to be its holder.
 */
export async function resetCredentials(
  tx: { db: Db; now: Date },
  user: { userId: string; email: string; passwordHash: string },
): Promise<void> {
  await setPassword(tx, user);
  await removeTwoFactor(tx, user.userId);
}

/**
 * Has a link mailed that sets a new password. The answer is the same for an address that nobody has, after the same work:
 * who holds it is looked up by the job that mails.
 * @throws DomainError `rate_limited`, by address and by network, known or not
 */
export async function requestPasswordReset(ctx: VisitorContext, { email }: Address): Promise<Done> {
  return requestLink(ctx, 'reset', email);
}

/**
 * Sets a new password by a mailed link, once. It proves the address and signs out all browsers. A second factor stays,
 * unless nobody had proven the address before: then whoever set it up was never its holder.
 * @throws DomainError `not_found`: the link is not good, or no more
 */
export async function resetPassword(ctx: VisitorContext, { token, password }: Reset): Promise<EnteredAs> {
  const link = (await findEmailLink(ctx, token, 'reset')) ?? failDead();
  const passwordHash = await hashPassword(password, networkOf(ctx.origin.address));
  return inUserTransaction(ctx, async (tx) => {
    const email = (await useUpLink(tx, link.id, 'reset')) ?? failDead();
    const user = (await lockUser(tx, email)) ?? failDead();
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

export const failDead = (): never =>
  fail('not_found', { detail: 'This link was used before, or its time is over. Ask for a new one.' });

type Place = { db: Db; now: Date };

type User = { userId: string; email: string; isProven: boolean };

export async function lockUser({ db }: Place, email: string): Promise<User | undefined> {
  const [user] = await db
    .select({ userId: users.id, email: users.email, isProven: sql<boolean>`${users.emailProvenAt} IS NOT NULL` })
    .from(users)
    .where(eq(users.email, email))
    .for('update');
  return user;
}

/** Who has used a link that was mailed to the address holds the account: with a new password, and nobody else in it. */
export async function claimAccount(tx: Place, { userId, email, isProven }: User, passwordHash: string): Promise<void> {
  if (isProven) return setPassword(tx, { userId, email, passwordHash });
  await resetCredentials(tx, { userId, email, passwordHash });
  await tx.db.update(users).set({ emailProvenAt: tx.now }).where(eq(users.id, userId));
}
