import { inArray, like, or } from 'drizzle-orm';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '@/db/client';
import { signInTries } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { sha256 } from '@/server/domain/core/idempotency';
import { LIMITS, networkOf, normaliseAccount, type Limit } from './rules';

/** The name under which an account's tries are kept, known or not: no address stands among them. */
export const accountKey = (email: string): string => sha256(normaliseAccount(email));

type Count = { limiter: RateLimiterPostgres; key: string };

/**
 * Tries to prove who one is. One counts before the proof is looked at, so that many at once are as many.
 * @param isKnownHere whether the account was signed in to from this network lately: strangers elsewhere who use up the tries
 *   of the account then shut nobody out here
 */
export function attemptsOf(
  { database: { pool } }: Services,
  email: string,
  address: string | null,
  isKnownHere: () => Promise<boolean>,
) {
  const [account, network] = [accountKey(email), networkOf(address)];
  const of = limitersOn(pool);
  const both = { limiter: of.both, key: `${account} ${network}` };
  const byAddress = { limiter: of.address, key: network };
  const byAccount = { limiter: of.account, key: account };
  const giveBack = (counts: Count[]) => Promise.all(counts.map(({ limiter, key }) => limiter.reward(key)));
  return {
    /** Counts the try; how long to wait (ms) where it is one too many, else null. */
    async begin(): Promise<number | null> {
      const over = (await consume(both)) ?? (await consume(byAddress));
      if (over !== null) return over;
      const elsewhere = await consume(byAccount);
      return elsewhere === null || (await isKnownHere()) ? null : elsewhere;
    },
    /** It was right so far, and more is asked for: the try did not count. */
    async takeBack(): Promise<void> {
      await giveBack([both, byAddress, byAccount]);
    },
    /** It was right: the account's tries from here begin anew. */
    async forget(): Promise<void> {
      await of.both.delete(both.key);
      await of.code.delete(account);
      await giveBack([byAddress, byAccount]);
    },
  };
}

/** Counts a try under a limit; how long to wait (ms) where it is one too many, else null. */
export const countAttempt = ({ database: { pool } }: Services, limit: Limit, key: string): Promise<number | null> =>
  consume({ limiter: limitersOn(pool)[limit], key });

/**
 * As `countAttempt`.
 * @throws DomainError `rate_limited`
 */
export async function enforceThrottle(services: Services, limit: Limit, key: string): Promise<void> {
  const over = await countAttempt(services, limit, key);
  if (over !== null) failThrottled(over);
}

/** @param ms how long to wait */
export function failThrottled(ms: number): never {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  return fail('rate_limited', {
    retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)),
    detail: `Too many tries. Wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
  });
}

/** Forgets all tries of an account, with the change that makes them worthless: it has a new password. */
export async function clearAttempts({ db }: { db: Db }, email: string): Promise<void> {
  const account = accountKey(email);
  const { key } = signInTries;
  await db
    .delete(signInTries)
    .where(or(inArray(key, [`account:${account}`, `code:${account}`]), like(key, `both:${account} %`)));
}

const consume = ({ limiter, key }: Count): Promise<number | null> => limiter.consume(key).then(() => null, overrun);

function overrun(reason: unknown): number {
  if (reason instanceof RateLimiterRes) return reason.msBeforeNext;
  throw reason;
}

type Limiters = Record<Limit, RateLimiterPostgres>;

const limiters = new WeakMap<Pool, Limiters>();

function limitersOn(pool: Pool): Limiters {
  const known = limiters.get(pool);
  if (known) return known;
  // The package names its statements, which a pooler in transaction mode does not know.
  const storeClient = { query: ({ text, values }: { text: string; values: unknown[] }) => pool.query(text, values) };
  const make = (name: Limit) =>
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
  const made = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, make(name as Limit)])) as Limiters;
  limiters.set(pool, made);
  return made;
}
