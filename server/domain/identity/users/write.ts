import { eq } from 'drizzle-orm';
import { users } from '@/db/schema/users';
import { keyUri } from '../two-factor/rules';
import {
  beginTwoFactorSetup,
  removeTwoFactor,
  replaceRecoveryCodes,
  enableTwoFactor,
  takeCode,
} from '../two-factor/write';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { recordUserAudit, inUserTransaction, type UserContext, type UserTx } from '@/server/domain/core/user-context';
import { failField } from '@/server/domain/core/errors';
import { verifyIdentity } from '../sessions/write';
import { accountKey, clearAttempts, enforceThrottle } from '../login-throttle/write';
import type { TwoFactorSetup, RecoveryCodes, RenameUser, WithCode, WithPassword } from './schema';
import type { TxContext } from '@/server/domain/core/context';
import { newUuid7 } from '@/server/domain/core/ids';
import type { Done } from '@/server/domain/core/codecs';

/** Returns the fields that every audit entry of a user's own change has. */
export const auditFacts = ({ user, origin, requestId }: UserContext) => ({
  userId: user.userId,
  address: origin.address,
  requestId,
});

/** Changes a user's name. Their names as a member belong to the teams and stay. */
export async function renameUser(ctx: UserContext, { name }: RenameUser): Promise<Done> {
  return inUserTransaction(ctx, async (tx) => {
    const { userId } = ctx.user;
    const [before] = await tx.db.select({ name: users.name }).from(users).where(eq(users.id, userId)).for('update');
    if (!before || before.name === name) return { done: true };
    // Recorded before the update, so that the audit logs show the name that the teams know.
    recordUserAudit(tx, { ...auditFacts(ctx), action: 'user.renamed', before, after: { name } });
    await tx.db.update(users).set({ name }).where(eq(users.id, userId));
    return { done: true };
  });
}

/**
 * Creates a secret for an authenticator app. It takes effect once a code confirms it.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function startTwoFactor(ctx: UserContext, proof: WithPassword): Promise<TwoFactorSetup> {
  await verifyIdentity(ctx, proof);
  const { userId, email } = ctx.user;
  const secret = await beginTwoFactorSetup({ ...ctx, db: ctx.database.db }, userId);
  if (secret === null) failField('/password', 'Two-factor is already on. Turn it off first.');
  return { secret, uri: keyUri(secret, email) };
}

/**
 * Turns the second factor on with a code of the app just set up. Returns the recovery codes, which cannot be read again.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function confirmTwoFactor(ctx: UserContext, { code }: WithCode): Promise<RecoveryCodes> {
  const { userId, email } = ctx.user;
  await enforceThrottle(ctx, 'code', accountKey(email));
  return inUserTransaction(ctx, async (tx) => {
    const [user] = await tx.db
      .select({ userId: users.id, totpSealed: users.totpSealed, totpSince: users.totpSince })
      .from(users)
      .where(eq(users.id, userId))
      .for('update');
    const isRight = user?.totpSince === null && (await takeCode(tx, user, code, tx.now));
    if (!isRight) failField('/code', 'Wrong code. Your app shows a new one every 30 seconds.');
    await enableTwoFactor(tx, userId, tx.now);
    const recoveryCodes = await replaceRecoveryCodes(tx, userId);
    await announceTwoFactorChange(tx, ctx, 'user.two_factor_on', true);
    await clearAttempts(tx, email);
    return { recoveryCodes };
  });
}

/**
 * Replaces the user's recovery codes.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function renewRecoveryCodes(ctx: UserContext, proof: WithPassword): Promise<RecoveryCodes> {
  await verifyIdentity(ctx, proof);
  return inUserTransaction(ctx, async (tx) => {
    const { userId } = ctx.user;
    const [user] = await tx.db.select({ since: users.totpSince }).from(users).where(eq(users.id, userId)).for('update');
    if (!user?.since) failField('/password', 'Two-factor is off.');
    const recoveryCodes = await replaceRecoveryCodes(tx, userId);
    recordUserAudit(tx, { ...auditFacts(ctx), action: 'user.recovery_codes_made' });
    return { recoveryCodes };
  });
}

/**
 * Turns the second factor off. Does nothing if it is off already.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function endTwoFactor(ctx: UserContext, proof: WithPassword): Promise<Done> {
  await verifyIdentity(ctx, proof);
  return inUserTransaction(ctx, async (tx) => {
    if (await removeTwoFactor(tx, ctx.user.userId))
      await announceTwoFactorChange(tx, ctx, 'user.two_factor_off', false);
    return { done: true };
  });
}

async function announceTwoFactorChange(
  tx: UserTx,
  ctx: UserContext,
  action: 'user.two_factor_on' | 'user.two_factor_off',
  on: boolean,
): Promise<void> {
  const { userId, email } = ctx.user;
  recordUserAudit(tx, { ...auditFacts(ctx), action });
  await queueMail(tx, { kind: 'two-factor-changed', address: email, userId, facts: { on, ...originFacts(ctx) } });
}

/** Returns the request's address for the email about a change. */
export const originFacts = ({ origin }: UserContext) => ({ address: origin.address });

/** Creates a user. The email is not verified yet. */
export async function createUser(
  tx: TxContext,
  user: { name: string; email: string; passwordHash: string },
): Promise<string> {
  const id = newUuid7(tx.now);
  await tx.db.insert(users).values({ id, ...user, createdAt: tx.now });
  return id;
}
