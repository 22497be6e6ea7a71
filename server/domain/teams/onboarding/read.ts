import { and, eq, isNotNull } from 'drizzle-orm';
import { teams } from '@/db/schema/teams';
import { users } from '@/db/schema/users';
import type { Db } from '@/db/client';
import { fail } from '@/server/domain/core/errors';
import { findEmailLink } from '@/server/domain/identity/email-links/read';
import type { VisitorContext } from '@/server/domain/core/user-context';
import type { SignUpLink, Ways } from './schema';
import type { Token } from '@/server/domain/identity/email-links/schema';

/** Returns the ways in that this installation offers to a visitor. */
export async function getWays(ctx: VisitorContext): Promise<Ways> {
  return { mail: ctx.mail !== null, signUp: isOpen(ctx), setup: !(await hasTeam(ctx.database.db)) };
}

/** Returns whether anyone may create a team. Requires email, which verifies the address. */
const isOpen = ({ signUp, mail }: VisitorContext): boolean => signUp === 'open' && mail !== null;

/**
 * Refuses where only the operator creates teams.
 * @throws DomainError `not_found`
 */
export function requireOpenSignUp(ctx: VisitorContext): void {
  if (!isOpen(ctx)) fail('not_found', { detail: 'Only the operator of this service creates new teams.' });
}

export async function hasTeam(db: Db): Promise<boolean> {
  const some = await db.select({ id: teams.id }).from(teams).limit(1);
  return some.length > 0;
}

/**
 * Returns the address of a sign-up link. Changes nothing.
 * @throws DomainError `not_found` where only the operator creates teams
 */
export async function getSignUpLink(ctx: VisitorContext, { token }: Token): Promise<SignUpLink> {
  requireOpenSignUp(ctx);
  const link = await findEmailLink(ctx, token, 'sign-up');
  return { email: link?.email ?? null, name: link && (await findAccountName(ctx, link.email)) };
}

/**
 * Returns the name of a user with a verified address and a password; null otherwise, so that the visitor with the link
 * claims the account.
 */
export async function findAccountName({ database: { db } }: VisitorContext, email: string): Promise<string | null> {
  const [user] = await db
    .select({ name: users.name })
    .from(users)
    .where(and(eq(users.email, email), isNotNull(users.emailProvenAt), isNotNull(users.passwordHash)));
  return user?.name ?? null;
}
