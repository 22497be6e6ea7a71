import { verify } from '@node-rs/argon2';
import { and, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { sessions, users } from '@/db/schema/users';
import type { Services } from '../ctx';
import { fail } from '../errors';
import { sha256 } from '../idempotency';
import { newUuid7 } from '../ids';
import { isStorable } from '../input';
import { MAX_PASSWORD_LENGTH } from '../members/rules';
import type { Origin, Person } from '../person';
import { LIMITS, networkOf, NOBODYS_HASH, normaliseAccount, SESSION_DAYS } from './rules';

/** What came of a sign-in. Of a refusal nothing tells whether there is such an account. */
export type SignedIn =
  | { ok: true; person: Person }
  | { ok: false; reason: 'wrong' }
  | { ok: false; reason: 'throttled'; minutes: number };

const AGENT_KEPT = 400;

/**
 * Signs a person in: a new session, whose id is a new one each time. An unknown address is answered as a wrong password
 * is, after as long a time. A person without any live seat may sign in too; the pages say why there is nothing to see.
 */
export async function signIn(
  services: Services,
  { email, password }: { email: string; password: string },
  origin: Origin,
): Promise<SignedIn> {
  const tries = triesOf(services, email, origin.address);
  const wait = await tries.begin();
  if (wait !== null) return { ok: false, reason: 'throttled', minutes: Math.max(1, Math.ceil(wait / 60_000)) };
  const { db } = services.database;
  const known = isStorable(email)
    ? await db
        .select()
        .from(users)
        .where(eq(users.email, normaliseAccount(email)))
    : [];
  const [user] = known;
  const fits = password.length <= MAX_PASSWORD_LENGTH;
  const isRight = await verify(user?.passwordHash ?? NOBODYS_HASH, fits ? password : '');
  if (!user?.passwordHash || !fits || !isRight) return { ok: false, reason: 'wrong' };
  await tries.forget();
  const sessionId = await openSession(services, user.id, origin);
  return { ok: true, person: { sessionId, userId: user.id, name: user.name, email: user.email } };
}

async function openSession({ database: { db } }: Services, userId: string, { address, agent }: Origin) {
  await db.delete(sessions).where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, sql`now()`)));
  const id = newUuid7();
  await db.insert(sessions).values({
    id,
    userId,
    expiresAt: sql`now() + make_interval(days => ${SESSION_DAYS}::int)`,
    address,
    agent: agent?.slice(0, AGENT_KEPT) ?? null,
  });
  return id;
}

/**
 * Asks a person for the password once more; a wrong one counts as a failed sign-in.
 * @throws DomainError `invalid_request` (at `/password`), `rate_limited`
 */
export async function mustKnowPassword(
  services: Services,
  { email, password }: { email: string; password: string },
  origin: Origin,
): Promise<void> {
  const tries = triesOf(services, email, origin.address);
  const wait = await tries.begin();
  if (wait !== null) fail('rate_limited', { retryAfterSeconds: Math.ceil(wait / 1000) });
  const [user] = await services.database.db
    .select({ hash: users.passwordHash })
    .from(users)
    .where(eq(users.email, normaliseAccount(email)));
  const fits = password.length <= MAX_PASSWORD_LENGTH;
  const isRight = await verify(user?.hash ?? NOBODYS_HASH, fits ? password : '');
  if (!user?.hash || !fits || !isRight) {
    const detail = 'This is not the password.';
    fail('invalid_request', { detail, errors: [{ pointer: '/password', code: 'invalid_request', detail }] });
  }
  await tries.forget();
}

/** Ends a session: its next request finds it gone. Repeated: nothing changes. */
export async function endSession({ database }: Services, sessionId: string): Promise<void> {
  await database.db
    .update(sessions)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(sessions.id, sessionId), isNull(sessions.revokedAt)));
}

/** A try counts before its password is looked at, so that many at once are as many; one that was right is taken back. */
function triesOf({ database: { pool } }: Services, email: string, address: string | null) {
  const [account, network] = [sha256(normaliseAccount(email)), networkOf(address)];
  const { both, address: byAddress, account: byAccount } = limitersOn(pool);
  const counts = [
    { limiter: both, key: `${account} ${network}` },
    { limiter: byAddress, key: network },
    { limiter: byAccount, key: account },
  ];
  return {
    /** Counts the try; how long to wait (ms) where it is one too many, else null. */
    async begin(): Promise<number | null> {
      for (const { limiter, key } of counts) {
        const over = await limiter.consume(key).then(() => null, overrun);
        if (over !== null) return over;
      }
      return null;
    },
    async forget(): Promise<void> {
      const [first, ...others] = counts;
      await first!.limiter.delete(first!.key);
      await Promise.all(others.map(({ limiter, key }) => limiter.reward(key)));
    },
  };
}

function overrun(reason: unknown): number {
  if (reason instanceof RateLimiterRes) return reason.msBeforeNext;
  throw reason;
}

type Limiters = Record<keyof typeof LIMITS, RateLimiterPostgres>;

const limiters = new WeakMap<Pool, Limiters>();

function limitersOn(pool: Pool): Limiters {
  const known = limiters.get(pool);
  if (known) return known;
  // The package names its statements, which a pooler in transaction mode does not know.
  const storeClient = { query: ({ text, values }: { text: string; values: unknown[] }) => pool.query(text, values) };
  const make = (name: keyof typeof LIMITS) =>
    new RateLimiterPostgres({
      ...LIMITS[name],
      storeClient,
      storeType: 'pool',
      keyPrefix: name,
      tableName: 'sign_in_tries',
      tableCreated: true,
      // One of them clears the table for all.
      clearExpiredByTimeout: name === 'both',
    });
  const made = { both: make('both'), address: make('address'), account: make('account') };
  limiters.set(pool, made);
  return made;
}
