import { and, count, eq, isNull, sql } from 'drizzle-orm';
import { recoveryCodes, users } from '@/db/schema/users';
import { fail } from '@/server/domain/core/errors';
import type { UserContext } from '@/server/domain/core/user-context';
import type { Profile } from './schema';
import type { Services } from '@/server/domain/core/context';
import { normaliseAccount } from '../login-throttle/rules';

/** Returns the profile of the signed-in user. */
export async function getProfile({ database: { db }, user: { userId } }: UserContext): Promise<Profile> {
  const left = db
    .select({ left: count() })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)));
  const [[user], [codes]] = await Promise.all([
    db
      .select({
        name: users.name,
        email: users.email,
        emailProvenAt: users.emailProvenAt,
        twoFactorSince: users.totpSince,
      })
      .from(users)
      .where(eq(users.id, userId)),
    left,
  ]);
  const { emailProvenAt, ...profile } = user ?? fail('missing_key');
  return { ...profile, isProven: emailProvenAt !== null, recoveryCodesLeft: codes!.left };
}

export type User = { id: string; name: string; email: string; isProven: boolean; erasedAt: Date | null };

/**
 * Returns a user by sign-in email.
 * @throws DomainError `not_found`
 */
export async function getUserByEmail({ database }: Services, email: string): Promise<User> {
  const [row] = await database.db
    .select(user)
    .from(users)
    .where(eq(users.email, normaliseAccount(email)));
  return row ?? fail('not_found', { detail: 'No user signs in with this email.' });
}

/**
 * Returns a user by id.
 * @throws DomainError `not_found`
 */
export async function getUser({ database }: Services, userId: string): Promise<User> {
  const [row] = await database.db.select(user).from(users).where(eq(users.id, userId));
  return row ?? fail('not_found');
}

/** The columns of a `User`. */
export const user = {
  id: users.id,
  name: users.name,
  email: users.email,
  isProven: sql<boolean>`${users.emailProvenAt} IS NOT NULL`,
  erasedAt: users.erasedAt,
};
