import { and, eq, isNotNull, isNull, lt, or } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { recoveryCodes, users } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { isAppCode, newRecoveryCodes, newSecret, plainCode, stepOf } from './rules';

/** A transaction, or the database itself: each function is one statement that is safe on its own. */
type Store = Pick<Services, 'vault'> & { db: Db };

/** The second factor of a user; `totpSince` null means that its setup is not confirmed yet. */
export type TwoFactorColumns = { userId: string; totpSealed: string | null; totpSince: Date | null };

/**
 * Uses up a code and returns whether it was valid. Each app code and each recovery code works once, also if several requests
 * send it at the same time.
 */
export async function takeCode(store: Store, factor: TwoFactorColumns, text: string, now: Date): Promise<boolean> {
  const code = plainCode(text);
  return isAppCode(code) ? takeAppCode(store, factor, code, now) : takeRecoveryCode(store, factor.userId, code, now);
}

async function takeAppCode({ db, vault }: Store, factor: TwoFactorColumns, code: string, now: Date): Promise<boolean> {
  if (factor.totpSealed === null) return false;
  const step = stepOf(vault.open(factor.totpSealed), code, now);
  if (step === null) return false;
  const taken = await db
    .update(users)
    .set({ totpStep: step })
    .where(
      and(
        eq(users.id, factor.userId),
        eq(users.totpSealed, factor.totpSealed),
        or(isNull(users.totpStep), lt(users.totpStep, step)),
      ),
    )
    .returning({ id: users.id });
  return taken.length > 0;
}

async function takeRecoveryCode(store: Store, userId: string, code: string, now: Date): Promise<boolean> {
  const taken = await store.db
    .update(recoveryCodes)
    .set({ usedAt: now })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.digest, digestOf(store, userId, code)),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ userId: recoveryCodes.userId });
  return taken.length > 0;
}

const digestOf = ({ vault }: Store, userId: string, code: string): Buffer =>
  Buffer.from(vault.sign('recovery-code', `${userId} ${code}`), 'base64url');

/** Creates a secret, which takes effect once a code confirms it. Returns null if two-factor is on already. */
export async function beginTwoFactorSetup({ db, vault }: Store, userId: string): Promise<string | null> {
  const secret = newSecret();
  const begun = await db
    .update(users)
    .set({ totpSealed: vault.seal(secret), totpStep: null })
    .where(and(eq(users.id, userId), isNull(users.totpSince)))
    .returning({ id: users.id });
  return begun.length > 0 ? secret : null;
}

/** Turns two-factor on. Returns false if it was on already. */
export async function enableTwoFactor({ db }: Store, userId: string, now: Date): Promise<boolean> {
  const on = await db
    .update(users)
    .set({ totpSince: now })
    .where(and(eq(users.id, userId), isNotNull(users.totpSealed), isNull(users.totpSince)))
    .returning({ id: users.id });
  return on.length > 0;
}

/** Replaces a user's recovery codes and returns the new ones, which cannot be read again. */
export async function replaceRecoveryCodes(store: Store, userId: string): Promise<string[]> {
  const codes = newRecoveryCodes();
  await store.db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  const rows = codes.map((code) => ({ userId, digest: digestOf(store, userId, plainCode(code)) }));
  await store.db.insert(recoveryCodes).values(rows);
  return codes;
}

/** Removes the second factor and its recovery codes. Returns false if there was none. */
export async function removeTwoFactor({ db }: { db: Db }, userId: string): Promise<boolean> {
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  const ended = await db
    .update(users)
    .set({ totpSealed: null, totpSince: null, totpStep: null })
    .where(and(eq(users.id, userId), isNotNull(users.totpSealed)))
    .returning({ id: users.id });
  return ended.length > 0;
}
