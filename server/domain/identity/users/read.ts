import { and, count, eq, isNull } from 'drizzle-orm';
import { recoveryCodes, users } from '@/db/schema/users';
import { fail } from '@/server/domain/core/errors';
import type { Personal } from '@/server/domain/core/user-context';
import type { Profile } from './schema';

/** What a person sees of himself. */
export async function getProfile({ database: { db }, person: { userId } }: Personal): Promise<Profile> {
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
