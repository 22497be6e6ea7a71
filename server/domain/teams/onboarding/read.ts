import { and, eq, isNotNull } from 'drizzle-orm';
import { teams } from '@/db/schema/teams';
import { users } from '@/db/schema/users';
import type { Db } from '@/db/client';
import { fail } from '@/server/domain/core/errors';
import { findEmailLink } from '@/server/domain/identity/email-links/read';
import type { VisitorContext } from '@/server/domain/core/user-context';
import type { SignUpLink, Ways } from './schema';
import type { Token } from '@/server/domain/identity/email-links/schema';

/** What is there for who is not signed in. */
export async function getWays(ctx: VisitorContext): Promise<Ways> {
  return { mail: ctx.mail !== null, signUp: isOpen(ctx), setup: !(await hasTeam(ctx.database.db)) };
}

/** Whether anybody may make a team here: it is proven by mail who that is. */
const isOpen = ({ signUp, mail }: VisitorContext): boolean => signUp === 'open' && mail !== null;

/** @throws DomainError `not_found` where only the operator makes teams */
export function requireOpenSignUp(ctx: VisitorContext): void {
  if (!isOpen(ctx)) fail('not_found', { detail: 'New teams are made by the operator of this service.' });
}

export async function hasTeam(db: Db): Promise<boolean> {
  const some = await db.select({ id: teams.id }).from(teams).limit(1);
  return some.length > 0;
}

/**
 * For whom a link makes a team. Looking at it changes nothing.
 * @throws DomainError `not_found` where only the operator makes teams
 */
export async function getSignUpLink(ctx: VisitorContext, { token }: Token): Promise<SignUpLink> {
  requireOpenSignUp(ctx);
  const link = await findEmailLink(ctx, token, 'sign-up');
  return { email: link?.email ?? null, name: link && (await findAccountName(ctx, link.email)) };
}

/** The name of who has an account under a proven address, with a password; whoever else comes with its link makes it his. */
export async function findAccountName({ database: { db } }: VisitorContext, email: string): Promise<string | null> {
  const [user] = await db
    .select({ name: users.name })
    .from(users)
    .where(and(eq(users.email, email), isNotNull(users.emailProvenAt), isNotNull(users.passwordHash)));
  return user?.name ?? null;
}
