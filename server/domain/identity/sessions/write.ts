import type { Done } from '@/server/domain/core/codecs';
import { and, eq, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { sessions, users } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { DomainError, fail, failField } from '@/server/domain/core/errors';
import { takeCode } from '../two-factor/write';
import { newUuid7 } from '@/server/domain/core/ids';
import { isStorable } from '@/server/domain/core/validation';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { verifyPassword } from '@/server/domain/core/password-hashing';
import {
  recordUserAudit,
  inUserTransaction,
  type Origin,
  type SignedInUser,
  type UserContext,
} from '@/server/domain/core/user-context';
import { networkOf, normaliseAccount } from '../login-throttle/rules';
import { accountKey, countAttempt, failThrottled, enforceThrottle, attemptsOf } from '../login-throttle/write';
import { isKnownFrom } from './read';
import { describeAgent, DUMMY_HASH, SEEN_EVERY_MINUTES, SESSION_DAYS } from './rules';
import type { Proof } from './schema';
import { MAX_PASSWORD_LENGTH } from '../passwords/rules';

/**
 * The result of a sign-in. A refusal does not reveal whether the account exists; only a correct password reveals that a
 * code is required too.
 */
export type SignedIn =
  | { ok: true; user: SignedInUser }
  | { ok: false; reason: 'wrong' | 'code' | 'wrong-code' }
  | { ok: false; reason: 'throttled'; minutes: number };

const AGENT_KEPT = 400;

/**
 * Signs a user in and creates a session with a new id. An unknown email gives the same result as a wrong password, after
 * the same time. A user without an active membership can sign in too.
 * @param given.code a code of the app or a recovery code, if the user has a second factor
 */
export async function signIn(
  services: Services,
  { email, password, code = '' }: { email: string; password: string; code?: string },
  origin: Origin,
): Promise<SignedIn> {
  const isKnown = () => (isStorable(email) ? isKnownFrom(services, email, origin.address) : Promise.resolve(false));
  const attempts = attemptsOf(services, email, origin.address, isKnown);
  const wait = await attempts.begin();
  if (wait !== null) return throttled(wait);
  const user = await findUser(services, email);
  const isRight = await isPassword(user?.passwordHash ?? null, password, networkOf(origin.address)).catch(orBusy);
  if (isRight === 'busy') {
    await attempts.undo();
    return throttled(0);
  }
  if (!isRight || !user) return { ok: false, reason: 'wrong' };
  if (user.totpSince !== null) {
    if (code.trim() === '') {
      await attempts.undo();
      return { ok: false, reason: 'code' };
    }
    // Counted separately, so that a client with the password cannot try all codes.
    const over = await countAttempt(services, 'code', accountKey(email));
    if (over !== null) return throttled(over);
    if (!(await takeCode({ ...services, db: services.database.db }, user, code, user.now)))
      return { ok: false, reason: 'wrong-code' };
  }
  await attempts.forget();
  const sessionId = await openSession(services, user, origin);
  if (sessionId === null) return { ok: false, reason: 'wrong' };
  return { ok: true, user: { sessionId, userId: user.userId, name: user.name, email: user.email } };
}

const throttled = (ms: number): SignedIn => ({
  ok: false,
  reason: 'throttled',
  minutes: Math.max(1, Math.ceil(ms / 60_000)),
});

// Too many passwords of this network are waiting: the attempt was not carried out.
function orBusy(error: unknown): 'busy' {
  if (error instanceof DomainError) return 'busy';
  throw error;
}

type User = NonNullable<Awaited<ReturnType<typeof findUser>>>;

async function findUser({ database: { db } }: Services, email: string) {
  if (!isStorable(email)) return undefined;
  const [user] = await db
    .select({
      userId: users.id,
      name: users.name,
      email: users.email,
      passwordHash: users.passwordHash,
      totpSealed: users.totpSealed,
      totpSince: users.totpSince,
      now: sql<Date>`now()`.mapWith(users.createdAt),
    })
    .from(users)
    .where(eq(users.email, normaliseAccount(email)));
  return user;
}

/** Returns whether a password matches a hash. Without a hash it takes as long to return false. */
async function isPassword(passwordHash: string | null, password: string, caller?: string): Promise<boolean> {
  const fits = password.length <= MAX_PASSWORD_LENGTH;
  const isRight = await verifyPassword(passwordHash ?? DUMMY_HASH, fits ? password : '', caller);
  return passwordHash !== null && fits && isRight;
}

/** Returns whether a user has this email and password. Counts no attempt, so only trusted callers may use it. */
export async function hasPassword(services: Services, email: string, password: string): Promise<boolean> {
  const user = await findUser(services, email);
  return user !== undefined && isPassword(user.passwordHash, password);
}

/** Returns null if the verified password was changed meanwhile, which has ended all sessions. */
async function openSession(services: Services, user: User, { address, agent }: Origin): Promise<string | null> {
  return inUserTransaction(services, async (tx) => {
    const { userId, email } = user;
    if (!(await lockProven(tx, user))) return null;
    const past = await tx.db
      .selectDistinct({ address: sessions.address, agent: sessions.agent })
      .from(sessions)
      .where(eq(sessions.userId, userId));
    await tx.db.delete(sessions).where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, tx.now)));
    const id = newUuid7(tx.now);
    await tx.db.insert(sessions).values({
      id,
      userId,
      createdAt: tx.now,
      confirmedAt: tx.now,
      expiresAt: new Date(tx.now.getTime() + SESSION_DAYS * 86_400_000),
      address,
      agent: agent?.slice(0, AGENT_KEPT) ?? null,
    });
    const keyOf = (from: Origin) => `${networkOf(from.address)} ${describeAgent(from.agent)}`;
    const isKnown = past.some((one) => keyOf(one) === keyOf({ address, agent }));
    if (past.length > 0 && !isKnown) {
      const facts = { browser: describeAgent(agent), address };
      await queueMail(tx, { kind: 'new-sign-in', address: email, userId, about: id, facts });
    }
    return id;
  });
}

/** Returns whether the password is still the verified one, and locks it until the transaction ends. */
export async function lockProven(
  { db }: { db: Db },
  { userId, passwordHash }: Pick<User, 'userId' | 'passwordHash'>,
): Promise<boolean> {
  const [now] = await db
    .select({ passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, userId))
    .for('no key update');
  return now !== undefined && now.passwordHash === passwordHash;
}

/**
 * Verifies the identity of the signed-in user by password or code. A wrong one counts as a failed sign-in.
 * @returns the user with the verified password hash
 * @throws DomainError `invalid_request` at the wrong field, `rate_limited`
 */
export async function verifyIdentity(ctx: UserContext, proof: Proof): Promise<User> {
  const attempts = attemptsOf(ctx, ctx.user.email, ctx.origin.address, () => Promise.resolve(true));
  const wait = await attempts.begin();
  if (wait !== null) failThrottled(wait);
  const user = (await findUser(ctx, ctx.user.email)) ?? fail('missing_key');
  if ('password' in proof) {
    const isRight = await isPassword(user.passwordHash, proof.password, user.userId);
    if (!isRight) failField('/password', 'Wrong password.');
  } else {
    await enforceThrottle(ctx, 'code', accountKey(user.email));
    const isRight =
      user.totpSince !== null && (await takeCode({ ...ctx, db: ctx.database.db }, user, proof.code, user.now));
    if (!isRight) failField('/code', 'Wrong code, or already used. Wait for the next one.');
  }
  await attempts.forget();
  return user;
}

/**
 * Records a reauthentication in this browser's session.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function reauthenticate(ctx: UserContext, proof: Proof): Promise<Done> {
  await verifyIdentity(ctx, proof);
  await ctx.database.db
    .update(sessions)
    .set({ confirmedAt: sql`now()` })
    .where(eq(sessions.id, ctx.user.sessionId));
  return { done: true };
}

/** Ends a session with effect from its next request. Does nothing if it has ended already. */
export async function endSession({ database }: Services, sessionId: string): Promise<void> {
  await database.db
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
}

/**
 * Ends one of the user's own sessions. Does nothing if it has ended already.
 * @throws DomainError `not_found`, for another user's session too
 */
export async function endOwnSession(ctx: UserContext, sessionId: string): Promise<Done> {
  const { userId } = ctx.user;
  return inUserTransaction(ctx, async (tx) => {
    const [own] = await tx.db
      .select({ revokedAt: sessions.revokedAt })
      .from(sessions)
      .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)))
      .for('update');
    if (!own) fail('not_found');
    if (own.revokedAt !== null) return { done: true };
    await tx.db.update(sessions).set({ revokedAt: tx.now }).where(eq(sessions.id, sessionId));
    recordUserAudit(tx, {
      userId,
      action: 'user.session_ended',
      address: ctx.origin.address,
      requestId: ctx.requestId,
    });
    return { done: true };
  });
}

/** Ends all sessions of a user, including this one. */
export async function endAllSessions(ctx: UserContext): Promise<Done> {
  const { userId } = ctx.user;
  return inUserTransaction(ctx, async (tx) => {
    await endSessionsOf(tx, userId);
    recordUserAudit(tx, {
      userId,
      action: 'user.sessions_ended',
      address: ctx.origin.address,
      requestId: ctx.requestId,
    });
    return { done: true };
  });
}

/** Ends all sessions of a user inside a transaction, except `keptSessionId`. */
export async function endSessionsOf(
  { db, now }: { db: Db; now: Date },
  userId: string,
  keptSessionId: string | null = null,
): Promise<void> {
  const others = keptSessionId === null ? undefined : ne(sessions.id, keptSessionId);
  await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), others));
}

/** Updates a session's time of last use, at most every `SEEN_EVERY_MINUTES`. */
export async function markSeen({ database: { db } }: Services, sessionId: string): Promise<void> {
  const since = sql`now() - make_interval(mins => ${SEEN_EVERY_MINUTES}::int)`;
  await db
    .update(sessions)
    .set({ lastSeenAt: sql`now()` })
    .where(and(eq(sessions.id, sessionId), or(isNull(sessions.lastSeenAt), lt(sessions.lastSeenAt, since))));
}
