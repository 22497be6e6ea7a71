import { and, eq, ne, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { invitationLookup, invitations } from '@/db/schema/invitations';
import { members } from '@/db/schema/members';
import { teams } from '@/db/schema/teams';
import { users } from '@/db/schema/users';
import type { Role } from '@/server/domain/core/actor';
import { inviterLost, statusNow } from '../invitations/read';
import { readToken, type InvitationStatus, type Link } from '../invitations/rules';
import type { VisitorContext } from '@/server/domain/core/user-context';
import type { LinkInput, LinkShown } from './schema';

/** An invitation link that this installation issued, with its team. */
export type FoundLink = Link & { teamId: string };

/** Returns the invitation link of a token; null for a token that was not issued here. */
export async function findInvitationLink(ctx: VisitorContext, token: string): Promise<FoundLink | null> {
  const link = readToken(ctx.vault, token);
  if (!link) return null;
  const [found] = await ctx.database.db
    .select({ teamId: invitationLookup.teamId })
    .from(invitationLookup)
    .where(eq(invitationLookup.id, link.invitationId));
  return found ? { ...link, teamId: found.teamId } : null;
}

/** The user of an address, with whether the address was ever verified and whether the user is a member of the team. */
export type Account = { userId: string; name: string; proven: boolean; isMember: boolean };

/** Returns the account of an address, or null. */
export async function findAccount(db: Db, teamId: string, email: string): Promise<Account | null> {
  const [row] = await db
    .select({
      userId: users.id,
      name: users.name,
      proven: sql<boolean>`${users.emailProvenAt} IS NOT NULL`,
      isMember: sql<boolean>`${members.id} IS NOT NULL`,
    })
    .from(users)
    .leftJoin(members, and(eq(members.teamId, teamId), eq(members.userId, users.id), ne(members.status, 'deleted')))
    .where(eq(users.email, email));
  return row ?? null;
}

/**
 * Returns how the visitor with a link joins. A mailed link to an account with an unverified address sets a new
 * password: the user who created that account loses it. A copied link does not reveal whether the address has an account.
 */
export function joinsAs(
  user: VisitorContext['user'],
  email: string,
  link: Link,
  account: Account | null,
): LinkShown['as'] {
  if (user && user.email !== email) return 'other';
  if (!user && link.way === 'copied') return 'new-or-sign-in';
  if (!account) return 'new';
  if (user && account.isMember) return 'member';
  if (link.way === 'mailed' && !account.proven) return 'renew';
  return user ? 'join' : 'sign-in';
}

/** Returns the state of a link, from its invitation. */
export function linkState(link: Link, now: { status: InvitationStatus; version: number; teamStatus: string }) {
  if (now.status !== 'pending' && now.status !== 'expired') return now.status;
  if (now.status === 'expired') return 'expired';
  if (link.version !== now.version) return 'replaced';
  return now.teamStatus === 'active' ? 'open' : 'suspended';
}

/**
 * Returns the contents of the page of a link; null for a token that was not issued here. Changes nothing, so link
 * scanners may open it.
 */
export async function readLink(ctx: VisitorContext, { token }: LinkInput): Promise<LinkShown | null> {
  const link = await findInvitationLink(ctx, token);
  if (!link) return null;
  const { db } = ctx.database;
  const [row] = await db
    .select({
      status: statusNow,
      inviterLost,
      version: invitations.version,
      email: invitations.email,
      name: invitations.name,
      // A claimed member keeps its own role.
      role: sql<Role>`coalesce(${members.role}, ${invitations.role})`,
      claims: members.name,
      credit: invitations.credit,
      expiresAt: invitations.expiresAt,
      requested: sql<boolean>`${invitations.requestedAt} IS NOT NULL`,
      invitedBy: invitations.actorName,
      team: { name: teams.name, slug: teams.slug, currency: teams.currency, status: teams.status },
    })
    .from(invitations)
    .innerJoin(teams, eq(teams.id, link.teamId))
    .leftJoin(members, and(eq(members.teamId, link.teamId), eq(members.id, invitations.memberId)))
    .where(and(eq(invitations.teamId, link.teamId), eq(invitations.id, link.invitationId), ne(teams.status, 'closed')));
  if (!row) return null;
  const { status: written, version, team, claims, inviterLost: lost, ...shown } = row;
  const status = written === 'pending' && lost !== null ? 'revoked' : written;
  const state = linkState(link, { status, version, teamStatus: team.status });
  const as = joinsAs(ctx.user, row.email, link, await findAccount(db, link.teamId, row.email));
  return {
    ...shown,
    state,
    as,
    claims: state === 'accepted' ? null : claims,
    currency: team.currency,
    team: { name: team.name, slug: as === 'member' ? team.slug : null },
  };
}
