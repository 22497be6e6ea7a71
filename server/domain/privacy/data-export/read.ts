import { desc, eq, or, sql } from 'drizzle-orm';
import { invitations } from '@/db/schema/invitations';
import { mails } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import { auditEvents } from '@/db/schema/records';
import { teams } from '@/db/schema/teams';
import { sessions, users } from '@/db/schema/users';
import type { Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { printId } from '@/server/domain/core/ids';
import { EXPORTED_MAX } from './rules';
import type { Exported } from './schema';

/**
 * Returns all data that is kept about a user, in every team; of audit events and emails the newest. An owner's notes on
 * a member belong to the team: users get them where they are owners, the operator gets all.
 * @param byAddress whether emails sent only to the user's address count as theirs: where they have verified it, or the
 * operator vouches for it
 * @throws DomainError `not_found`
 */
export async function exportUserData(
  services: Services,
  userId: string,
  { byAddress, notes }: { byAddress: (isProven: boolean) => boolean; notes: boolean },
): Promise<Exported> {
  const { db } = services.database;
  const [user] = await db.select().from(users).where(eq(users.id, userId));
  if (!user) fail('not_found');
  const address = byAddress(user.emailProvenAt !== null) ? user.email : null;
  const team = { id: teams.id, name: teams.name };
  // Queries run one after another, so that the export takes one connection of the pool instead of six.
  const memberships = await db
    .select({
      team,
      slug: teams.slug,
      id: members.id,
      name: members.name,
      email: members.email,
      role: members.role,
      status: members.status,
      externalId: members.externalId,
      metadata: members.metadata,
      createdAt: members.createdAt,
    })
    .from(members)
    .innerJoin(teams, eq(teams.id, members.teamId))
    .where(eq(members.userId, userId))
    .orderBy(members.createdAt);
  return {
    exportedAt: new Date(),
    user: {
      id: user.id,
      name: user.name,
      email: user.email,
      emailProvenAt: user.emailProvenAt,
      hasPassword: user.passwordHash !== null,
      twoFactorSince: user.totpSince,
      createdAt: user.createdAt,
    },
    memberships: memberships.map(({ slug, ...membership }) => ({
      ...membership,
      ...(!notes &&
        !(membership.role === 'owner' && membership.status === 'active') && { externalId: null, metadata: {} }),
      ...filesOf(services, slug, membership.id),
    })),
    sessions: await db.select().from(sessions).where(eq(sessions.userId, userId)).orderBy(desc(sessions.id)),
    mails: await db
      .select({ kind: mails.kind, address: mails.address, state: mails.state, createdAt: mails.createdAt })
      .from(mails)
      .where(or(eq(mails.userId, userId), address === null ? undefined : eq(mails.address, address)))
      .orderBy(desc(mails.id))
      .limit(EXPORTED_MAX),
    invitations: await db
      .select({
        team,
        id: invitations.id,
        email: invitations.email,
        name: invitations.name,
        status: invitations.status,
        createdAt: invitations.createdAt,
      })
      .from(invitations)
      .innerJoin(teams, eq(teams.id, invitations.teamId))
      .where(or(eq(invitations.acceptedBy, userId), address === null ? undefined : eq(invitations.email, address)))
      .orderBy(desc(invitations.id))
      .limit(EXPORTED_MAX),
    auditEvents: await eventsBy(services, userId),
  };
}

const filesOf = ({ appUrl }: Services, slug: string, memberId: string) => {
  const of = (noun: string) => `${appUrl}/${slug}/export/${noun}?memberId=${printId('mem', memberId)}`;
  return { messages: of('messages'), transfers: of('transfers') };
};

// Reads team by team, through the index on the actor.
async function eventsBy({ database }: Services, userId: string): Promise<Exported['auditEvents']> {
  const e = auditEvents;
  const { rows } = await database.db.execute<{ id: string; team: string }>(sql`
    SELECT found.id, t.id AS team FROM teams t, LATERAL (SELECT a.id FROM audit_events a
      WHERE a.team_id = t.id AND coalesce(a.actor_id, '') = ${userId} ORDER BY a.id DESC LIMIT ${EXPORTED_MAX}::int) found
    ORDER BY found.id DESC LIMIT ${EXPORTED_MAX}::int`);
  if (rows.length === 0) return [];
  const [ids, of] = [rows.map(({ id }) => id), [...new Set(rows.map((row) => row.team))]];
  return database.db
    .select({
      team: { id: teams.id, name: teams.name },
      id: e.id,
      at: e.at,
      action: e.action,
      channel: e.channel,
      address: e.address,
    })
    .from(e)
    .innerJoin(teams, eq(teams.id, e.teamId))
    .where(sql`${e.teamId} = ANY (${sql.param(of)}::uuid[]) AND ${e.id} = ANY (${sql.param(ids)}::uuid[])`)
    .orderBy(desc(e.id));
}
