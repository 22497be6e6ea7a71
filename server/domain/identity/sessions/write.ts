import type { Done } from '@/server/domain/core/codecs';
import { and, eq, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { sessions, users } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { DomainError, fail } from '@/server/domain/core/errors';
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
import { describeAgent, NOBODYS_HASH, SEEN_EVERY_MINUTES, SESSION_DAYS } from './rules';
import type { Proof } from './schema';
import { MAX_PASSWORD_LENGTH } from '../passwords/rules';

/**
 * What came of a sign-in. Of a refusal nothing tells whether there is such an account; only to who has the password is told
 * that a code is asked for too.
 */
export type SignedIn =
  | { ok: true; user: SignedInUser }
  | { ok: false; reason: 'wrong' | 'code' | 'wrong-code' }
  | { ok: false; reason: 'throttled'; minutes: number };

const AGENT_KEPT = 400;

/**
 * Signs a person in: a new session, whose id is a new one each time. An unknown address is answered as a wrong password
 * is, after as long a time. A person without any live seat may sign in too; the pages say why there is nothing to see.
 * @param given.code of the app or a recovery code, where the person has a second factor
 */
export async function signIn(
  services: Services,
  { email, password, code = '' }: { email: string; password: string; code?: string },
  origin: Origin,
): Promise<SignedIn> {
  const known = () => (isStorable(email) ? isKnownFrom(services, email, origin.address) : Promise.resolve(false));
  const tries = attemptsOf(services, email, origin.address, known);
  const wait = await tries.begin();
  if (wait !== null) return throttled(wait);
  const user = await findUser(services, email);
  const isRight = await isPassword(user?.passwordHash ?? null, password, networkOf(origin.address)).catch(orBusy);
  if (isRight === 'busy') {
    await tries.takeBack();
    return throttled(0);
  }
  if (!isRight || !user) return { ok: false, reason: 'wrong' };
  if (user.totpSince !== null) {
    if (code.trim() === '') {
      await tries.takeBack();
      return { ok: false, reason: 'code' };
    }
    // Counted beside: whoever has the password may not go through all the codes there are.
    const over = await countAttempt(services, 'code', accountKey(email));
    if (over !== null) return throttled(over);
    if (!(await takeCode({ ...services, db: services.database.db }, user, code, user.now)))
      return { ok: false, reason: 'wrong-code' };
  }
  await tries.forget();
  const sessionId = await openSession(services, user, origin);
  if (sessionId === null) return { ok: false, reason: 'wrong' };
  return { ok: true, user: { sessionId, userId: user.userId, name: user.name, email: user.email } };
}

const throttled = (ms: number): SignedIn => ({
  ok: false,
  reason: 'throttled',
  minutes: Math.max(1, Math.ceil(ms / 60_000)),
});

// Too many passwords of this network wait already: the try was none.
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

/** Whether it is the password of this hash; where there is none, it takes as long to say no. */
async function isPassword(passwordHash: string | null, password: string, caller?: string): Promise<boolean> {
  const fits = password.length <= MAX_PASSWORD_LENGTH;
  const isRight = await verifyPassword(passwordHash ?? NOBODYS_HASH, fits ? password : '', caller);
  return passwordHash !== null && fits && isRight;
}

/** Whether somebody signs in with this address and this password. For who may know: no try is counted. */
export async function hasPassword(services: Services, email: string, password: string): Promise<boolean> {
  const user = await findUser(services, email);
  return user !== undefined && isPassword(user.passwordHash, password);
}

/** Null: the password that was right has been changed meanwhile, which has ended the sessions of that time. */
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
    const place = (from: Origin) => `${networkOf(from.address)} ${describeAgent(from.agent)}`;
    const isKnown = past.some((one) => place(one) === place({ address, agent }));
    if (past.length > 0 && !isKnown) {
      const facts = { browser: describeAgent(agent), address };
      await queueMail(tx, { kind: 'new-sign-in', address: email, userId, about: id, facts });
    }
    return id;
  });
}

/** Whether the password is still the one that was proven. It stays so until the transaction ends. */
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
 * Proves that who is signed in is who he is, by password or code; a wrong one counts as a failed sign-in does. Answers what
 * was proven.
 * @throws DomainError `invalid_request` at the field that is wrong, `rate_limited`
 */
export async function proveOneself(ctx: UserContext, proof: Proof): Promise<User> {
  const tries = attemptsOf(ctx, ctx.user.email, ctx.origin.address, () => Promise.resolve(true));
  const wait = await tries.begin();
  if (wait !== null) failThrottled(wait);
  const user = (await findUser(ctx, ctx.user.email)) ?? fail('missing_key');
  if ('password' in proof) {
    const isRight = await isPassword(user.passwordHash, proof.password, user.userId);
    if (!isRight) failAt('password', 'The password is not right.');
  } else {
    await enforceThrottle(ctx, 'code', accountKey(user.email));
    const isRight =
      user.totpSince !== null && (await takeCode({ ...ctx, db: ctx.database.db }, user, proof.code, user.now));
    if (!isRight) failAt('code', 'The code is not right, or was used before.');
  }
  await tries.forget();
  return user;
}

/**
 * Says that one field is wrong.
 * @throws DomainError `invalid_request`
 */
export function failAt(field: string, detail: string): never {
  return fail('invalid_request', { detail, errors: [{ pointer: `/${field}`, code: 'invalid_request', detail }] });
}

/**
 * Proves anew in this browser who one is, before what a team asks that for.
 * @throws DomainError `invalid_request`, `rate_limited`
 */
export async function reauthenticate(ctx: UserContext, proof: Proof): Promise<Done> {
  await proveOneself(ctx, proof);
  await ctx.database.db
    .update(sessions)
    .set({ confirmedAt: sql`now()` })
    .where(eq(sessions.id, ctx.user.sessionId));
  return { done: true };
}

/** Ends a session: its next request finds it gone. Repeated: nothing changes. */
export async function endSession({ database }: Services, sessionId: string): Promise<void> {
  await database.db
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
}

/**
 * Ends one of a person's own sessions. Repeated: nothing changes.
 * @throws DomainError `not_found`, for another's as for one that never was
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

/** Signs a person out everywhere, here too. */
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

/** Ends all sessions of a person with the change that calls for it, but one where it is to stay. */
export async function endSessionsOf(
  { db, now }: { db: Db; now: Date },
  userId: string,
  butFor: string | null = null,
): Promise<void> {
  const others = butFor === null ? undefined : ne(sessions.id, butFor);
  await db
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), others));
}

/** Notes that a session is in use, where that was not noted lately. */
export async function markSeen({ database: { db } }: Services, sessionId: string): Promise<void> {
  const since = sql`now() - make_interval(mins => ${SEEN_EVERY_MINUTES}::int)`;
  await db
    .update(sessions)
    .set({ lastSeenAt: sql`now()` })
    .where(and(eq(sessions.id, sessionId), or(isNull(sessions.lastSeenAt), lt(sessions.lastSeenAt, since))));
}
