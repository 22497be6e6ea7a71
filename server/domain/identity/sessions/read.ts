import { and, asc, desc, eq, ne, sql } from 'drizzle-orm';
import { builtOnce, UNNAMED } from '@/db/client';
import { members } from '@/db/schema/members';
import { teams, teamSlugs } from '@/db/schema/teams';
import { sessions, users } from '@/db/schema/users';
import type { Role, MemberActor } from '@/server/domain/core/actor';
import type { Services } from '@/server/domain/core/context';
import { asTeamId } from '@/server/domain/core/ids';
import { isStorable } from '@/server/domain/core/validation';
import type { SignedInUser, UserContext } from '@/server/domain/core/user-context';
import { networkOf, normaliseAccount } from '../login-throttle/rules';
import { describeAgent, SEEN_EVERY_MINUTES } from './rules';
import type { Membership, Session } from './schema';

/** A signed-in user; `unseen`: the time of last use of the session is due for an update. */
export type Present = SignedInUser & { unseen: boolean };

/** A user's membership in the team of a slug. A team of others gives the same result as an unknown slug. */
export type Place =
  | { ok: true; user: Present; actor: MemberActor }
  | { ok: false; reason: 'signed-out' }
  | { ok: false; reason: 'none'; user: Present }
  | { ok: false; reason: 'inactive'; user: Present; teamName: string };

// Excludes a session that was opened while its user was being erased.
const isLive = sql`${sessions.revokedAt} IS NULL AND ${sessions.expiresAt} > now() AND ${users.erasedAt} IS NULL`;

const lastSeen = sql`coalesce(${sessions.lastSeenAt}, ${sessions.createdAt})`;

const user = {
  sessionId: sessions.id,
  userId: users.id,
  name: users.name,
  email: users.email,
  unseen: sql<boolean>`${lastSeen} < now() - make_interval(mins => ${sql.raw(String(SEEN_EVERY_MINUTES))})`,
};

/** Finds the user of a session, or returns null if it has ended, has expired or is unknown. */
export async function findSignedInUser({ database }: Services, sessionId: string): Promise<Present | null> {
  const [row] = await userOf(database.db).execute({ sessionId });
  return row ?? null;
}

const userOf = builtOnce((db) =>
  db
    .select(user)
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sql.placeholder('sessionId')), isLive))
    .prepare(UNNAMED),
);

/** Finds the member as which a session acts in a team, in one statement, so that all parts are of the same moment. */
export async function findMembership(
  { database }: Services,
  { sessionId, slug, address }: { sessionId: string; slug: string; address: string | null },
): Promise<Place> {
  const [row] = await membershipOf(database.db).execute({ sessionId, slug: isStorable(slug) ? slug : '' });
  if (!row) return { ok: false, reason: 'signed-out' };
  const { user, team, membership, confirmedAt } = row;
  if (!team || !membership) return { ok: false, reason: 'none', user };
  if (membership.status !== 'active') return { ok: false, reason: 'inactive', user, teamName: team.name };
  const actor: MemberActor = {
    type: 'member',
    teamId: asTeamId(team.id),
    teamName: team.name,
    currency: team.currency,
    memberId: membership.id,
    role: membership.role,
    name: membership.name,
    credential: { type: 'user', id: user.userId },
    channel: 'web',
    address,
    confirmedAt,
  };
  return { ok: true, user, actor };
}

const membershipOf = builtOnce((db) =>
  db
    .select({
      user,
      confirmedAt: sessions.confirmedAt,
      team: { id: teams.id, name: teams.name, currency: teams.currency },
      membership: { id: members.id, name: members.name, role: members.role, status: members.status },
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoin(teamSlugs, eq(teamSlugs.slug, sql.placeholder('slug')))
    .leftJoin(teams, and(eq(teams.id, teamSlugs.teamId), ne(teams.status, 'closed')))
    .leftJoin(
      members,
      and(eq(members.teamId, teams.id), eq(members.userId, sessions.userId), ne(members.status, 'deleted')),
    )
    .where(and(eq(sessions.id, sql.placeholder('sessionId')), isLive))
    .prepare(UNNAMED),
);

/** Lists a user's memberships, sorted by the team's name: deactivated ones too, deleted ones not. */
export async function listMemberships({ database }: Services, userId: string): Promise<Membership[]> {
  const rows = await membershipsOf(database.db).execute({ userId });
  return rows.map(({ canTakeBack, team, member }) => ({
    team: { ...team, status: team.status === 'suspended' ? 'suspended' : 'active' },
    member: { ...member, status: member.status === 'inactive' ? 'inactive' : 'active' },
    canTakeBack,
  }));
}

const membershipsOf = builtOnce((db) =>
  db
    .select({
      team: { id: teams.id, name: teams.name, slug: teams.slug, currency: teams.currency, status: teams.status },
      member: { id: members.id, name: members.name, role: members.role, status: members.status },
      canTakeBack: sql<boolean>`${members.status} = 'active' AND ${members.steppedDownAt} IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM members o WHERE o.team_id = ${teams.id} AND o.role = 'owner' AND o.status = 'active')`,
    })
    .from(members)
    .innerJoin(teams, eq(teams.id, members.teamId))
    .where(
      and(eq(members.userId, sql.placeholder('userId')), ne(members.status, 'deleted'), ne(teams.status, 'closed')),
    )
    .orderBy(asc(sql`lower(${teams.name} COLLATE natural_order)`), asc(teams.id))
    .prepare(UNNAMED),
);

/** A current membership of a live session's user. */
export type WatchingMember = { slug: string; memberId: string; role: Role; status: 'active' | 'inactive' };

/**
 * Lists the live ones of these sessions, each with its user's memberships by team: one statement for all recipients of a
 * notification.
 */
export async function listWatching(
  { database }: Services,
  sessionIds: string[],
): Promise<Map<string, Map<string, WatchingMember>>> {
  const { rows } = await database.pool.query<WatchingMember & { session: string; team: string | null }>(
    `SELECT s.id AS session, t.id AS team, t.slug, m.id AS "memberId", m.role, m.status
     FROM sessions s LEFT JOIN members m ON m.user_id = s.user_id AND m.status <> 'deleted'
       LEFT JOIN teams t ON t.id = m.team_id AND t.status <> 'closed'
     WHERE s.id = ANY ($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now()`,
    [sessionIds],
  );
  const watching = new Map<string, Map<string, WatchingMember>>();
  for (const { session, team, ...membership } of rows) {
    const memberships = watching.get(session) ?? new Map<string, WatchingMember>();
    watching.set(session, team === null ? memberships : memberships.set(team, membership));
  }
  return watching;
}

/** Lists the browsers in which a user is signed in, most recently used first. */
export async function listSessions({ database: { db }, user: { sessionId, userId } }: UserContext): Promise<Session[]> {
  const rows = await db
    .select({
      id: sessions.id,
      agent: sessions.agent,
      address: sessions.address,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.userId, userId), isLive))
    .orderBy(desc(lastSeen), desc(sessions.id));
  return rows.map(({ agent, lastSeenAt, ...session }) => ({
    ...session,
    browser: describeAgent(agent),
    lastSeenAt: lastSeenAt ?? session.createdAt,
    isThis: session.id === sessionId,
  }));
}

/** Returns whether an account has a session from this network. */
export async function isKnownFrom({ database: { db } }: Services, email: string, address: string | null) {
  const rows = await db
    .selectDistinct({ address: sessions.address })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(users.email, normaliseAccount(email)));
  return rows.some((row) => row.address !== null && networkOf(row.address) === networkOf(address));
}
