import { inArray, like, or } from 'drizzle-orm';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '@/db/client';
import { signInTries } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { sha256 } from '@/server/domain/core/idempotency';
import { LIMITS, networkOf, normaliseAccount, type Limit } from './rules';

/** Returns the key of an account's attempts, known or not. It is a hash, so that the table holds no address. */
export const accountKey = (email: string): string => sha256(normaliseAccount(email));

type Count = { limiter: RateLimiterPostgres; key: string };

/**
 * Returns the counters of a user's attempts to authenticate. An attempt is counted before the secret is checked, so that
 * parallel attempts are all counted.
 * @param isKnownHere returns whether the account was recently used from this network: attempts from other networks then
 *   cannot lock the user out here
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
    /** Counts the attempt. Returns the milliseconds to wait if the limit is exceeded, else null. */
    async begin(): Promise<number | null> {
      const over = (await consume(both)) ?? (await consume(byAddress));
      if (over !== null) return over;
      const elsewhere = await consume(byAccount);
      return elsewhere === null || (await isKnownHere()) ? null : elsewhere;
    },
    /** Uncounts the attempt: the password was correct and a code is needed, or the attempt was not carried out. */
    async undo(): Promise<void> {
      await giveBack([both, byAddress, byAccount]);
    },
    /** Resets the account's attempts from this network after a success. */
    async forget(): Promise<void> {
      await of.both.delete(both.key);
      await of.code.delete(account);
      await giveBack([byAddress, byAccount]);
    },
  };
}

/** Counts an attempt. Returns the milliseconds to wait if the limit is exceeded, else null. */
export const countAttempt = ({ database: { pool } }: Services, limit: Limit, key: string): Promise<number | null> =>
  consume({ limiter: limitersOn(pool)[limit], key });

/**
 * Counts an attempt and refuses it if the limit is exceeded.
 * @throws DomainError `rate_limited`
 */
export async function enforceThrottle(services: Services, limit: Limit, key: string): Promise<void> {
  const over = await countAttempt(services, limit, key);
  if (over !== null) failThrottled(over);
}

/**
 * Throws the error of a throttled attempt.
 * @param ms milliseconds to wait
 * @throws DomainError `rate_limited`
 */
export function failThrottled(ms: number): never {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  return fail('rate_limited', {
    retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)),
    detail: `Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`,
  });
}

/** Deletes all attempts of an account in the transaction that sets its new password. */
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
  // The package uses named statements, which a pooler in transaction mode does not support.
  const storeClient = { query: ({ text, values }: { text: string; values: unknown[] }) => pool.query(text, values) };
  const make = (name: Limit) =>
    new RateLimiterPostgres({
      ...LIMITS[name],
      storeClient,
      storeType: 'pool',
      keyPrefix: name,
      tableName: 'sign_in_tries',
      tableCreated: true,
      // One limiter deletes the expired rows of all.
      clearExpiredByTimeout: name === 'both',
    });
  const made = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, make(name as Limit)])) as Limiters;
  limiters.set(pool, made);
  return made;
}
