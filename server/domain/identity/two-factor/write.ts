import { and, eq, isNotNull, isNull, lt, or } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { recoveryCodes, users } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { fromBase32, isAppCode, newRecoveryCodes, newSecret, plainCode, stepOf } from './rules';

/** Where these are read and written: within a change, or by itself, since each is one statement that guards itself. */
type Place = Pick<Services, 'vault'> & { db: Db };

/** Of whom a code is asked, and how it is checked: `totpSince` null is a factor that is only being set up. */
export type TwoFactorColumns = { userId: string; totpSealed: string | null; totpSince: Date | null };

/**
 * Whether a code is one of this person's, which it then is no more: each code of the app and each recovery code is good
 * once, however many ask at the same time.
 */
export async function takeCode(place: Place, factor: TwoFactorColumns, text: string, now: Date): Promise<boolean> {
  const code = plainCode(text);
  return isAppCode(code) ? takeAppCode(place, factor, code, now) : takeRecoveryCode(place, factor.userId, code, now);
}

async function takeAppCode({ db, vault }: Place, factor: TwoFactorColumns, code: string, now: Date): Promise<boolean> {
  if (factor.totpSealed === null) return false;
  const step = stepOf(fromBase32(vault.open(factor.totpSealed)), code, now);
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

async function takeRecoveryCode(place: Place, userId: string, code: string, now: Date): Promise<boolean> {
  const taken = await place.db
    .update(recoveryCodes)
    .set({ usedAt: now })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.digest, digestOf(place, userId, code)),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ userId: recoveryCodes.userId });
  return taken.length > 0;
}

const digestOf = ({ vault }: Place, userId: string, code: string): Buffer =>
  Buffer.from(vault.sign('recovery-code', `${userId} ${code}`), 'base64url');

/** A new secret, which counts once a code of it was given; null where the factor is on already. */
export async function beginTwoFactorSetup({ db, vault }: Place, userId: string): Promise<string | null> {
  const secret = newSecret();
  const begun = await db
    .update(users)
    .set({ totpSealed: vault.seal(secret), totpStep: null })
    .where(and(eq(users.id, userId), isNull(users.totpSince)))
    .returning({ id: users.id });
  return begun.length > 0 ? secret : null;
}

/** From now on it counts. False where it did before. */
export async function enableTwoFactor({ db }: Place, userId: string, now: Date): Promise<boolean> {
  const on = await db
    .update(users)
    .set({ totpSince: now })
    .where(and(eq(users.id, userId), isNotNull(users.totpSealed), isNull(users.totpSince)))
    .returning({ id: users.id });
  return on.length > 0;
}

/** New recovery codes in place of all others. They are in this answer alone. */
export async function replaceRecoveryCodes(place: Place, userId: string): Promise<string[]> {
  const codes = newRecoveryCodes();
  await place.db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  const rows = codes.map((code) => ({ userId, digest: digestOf(place, userId, plainCode(code)) }));
  await place.db.insert(recoveryCodes).values(rows);
  return codes;
}

/** Ends the factor and its recovery codes. False where there was none. */
export async function removeTwoFactor({ db }: { db: Db }, userId: string): Promise<boolean> {
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  const ended = await db
    .update(users)
    .set({ totpSealed: null, totpSince: null, totpStep: null })
    .where(and(eq(users.id, userId), isNotNull(users.totpSealed)))
    .returning({ id: users.id });
  return ended.length > 0;
}
