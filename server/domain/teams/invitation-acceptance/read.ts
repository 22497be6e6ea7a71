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

/** A link that was made here, and the team whose it is. */
export type FoundLink = Link & { teamId: string };

/** The link of a token; null for one that is no link of ours. */
export async function findInvitationLink(ctx: VisitorContext, token: string): Promise<FoundLink | null> {
  const link = readToken(ctx.vault, token);
  if (!link) return null;
  const [found] = await ctx.database.db
    .select({ teamId: invitationLookup.teamId })
    .from(invitationLookup)
    .where(eq(invitationLookup.id, link.invitationId));
  return found ? { ...link, teamId: found.teamId } : null;
}

/** Who has an address: the account, whether it was ever proven, and whether it has a seat in the team. */
export type Account = { userId: string; name: string; proven: boolean; isMember: boolean };

/** The account of an address; null for none. */
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
 * How the holder of a link to an address joins. A mailed link that reaches an account whose address nobody has proven takes it
 * from whoever made it: a new password is set. A copied link tells a visitor nothing about the address: whether it has an
 * account is for who has the mail, or has signed in.
 */
export function joinsAs(
  user: VisitorContext['user'],
  email: string,
  link: Link,
  holder: Account | null,
): LinkShown['as'] {
  if (user && user.email !== email) return 'other';
  if (!user && link.way === 'copied') return 'new-or-sign-in';
  if (!holder) return 'new';
  if (user && holder.isMember) return 'member';
  if (link.way === 'mailed' && !holder.proven) return 'renew';
  return user ? 'join' : 'sign-in';
}

/** What has become of a link, from its invitation. */
export function linkState(link: Link, now: { status: InvitationStatus; version: number; teamStatus: string }) {
  if (now.status !== 'pending' && now.status !== 'expired') return now.status;
  if (now.status === 'expired') return 'expired';
  if (link.version !== now.version) return 'replaced';
  return now.teamStatus === 'active' ? 'open' : 'suspended';
}

/**
 * What a link shows; null for one that is none of ours. Looking changes nothing, however often and by whatever.
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
      // A seat that is claimed has the role that it has.
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
