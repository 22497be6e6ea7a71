import { and, asc, eq, ne, sql } from 'drizzle-orm';
import { members } from '@/db/schema/members';
import { teams } from '@/db/schema/teams';
import type { Context } from '@/server/domain/core/context';
import type { UserContext } from '@/server/domain/core/user-context';
import type { MailKind } from '../emails/rules';
import { alertsOf } from './rules';
import type { OwnAlerts, TeamAlerts } from './schema';

/** Lists the signed-in user's email alerts in each of their teams. */
export async function listOwnAlerts({ database, user }: UserContext): Promise<OwnAlerts> {
  const rows = await database.db
    .select({
      team: { name: teams.name, slug: teams.slug },
      memberId: members.id,
      role: members.role,
      muted: members.mutedAlerts,
    })
    .from(members)
    .innerJoin(teams, eq(teams.id, members.teamId))
    .where(and(eq(members.userId, user.userId), ne(members.status, 'deleted'), ne(teams.status, 'closed')))
    .orderBy(asc(sql`lower(${teams.name} COLLATE natural_order)`), asc(teams.id));
  return rows.map(({ muted, ...member }) => ({
    ...member,
    alerts: alertsOf(member.role).map((kind) => ({ kind, on: !muted.includes(kind) })),
  }));
}

const SHOWN = 5;

/** Returns the alerts of a team for its owners. The caller checks the permission. */
export async function listTeamAlerts(ctx: Context): Promise<TeamAlerts> {
  return { low: await lowMembers(ctx), lostMails: await lostMails(ctx) };
}

async function lowMembers(ctx: Context): Promise<TeamAlerts['low']> {
  const { teamId } = ctx.actor;
  const { rows } = await ctx.db.execute<LowRow>(sql`
    SELECT a.id, m.name, a.balance, a.alert_below AS below, a.low_since AS since, count(*) OVER () AS of
    FROM ledger_accounts a JOIN members m ON m.team_id = ${teamId}::uuid AND m.id = a.id AND m.role = 'member' AND m.status = 'active'
    WHERE a.team_id = ${teamId}::uuid AND a.low_since IS NOT NULL AND a.kind = 'member'
    ORDER BY a.low_since, a.id LIMIT ${SHOWN}`);
  return {
    count: Number(rows[0]?.of ?? 0),
    below: rows[0] ? BigInt(rows[0].below) : null,
    members: rows.map(({ id, name, balance, since }) => ({
      memberId: id,
      name,
      balance: BigInt(balance),
      since: new Date(since),
    })),
  };
}

type LowRow = { id: string; name: string; balance: string; below: string; since: string; of: string };

/** Lists undelivered emails of the last seven days, except to addresses that a later email has reached. */
async function lostMails(ctx: Context): Promise<TeamAlerts['lostMails']> {
  const { teamId } = ctx.actor;
  const { rows } = await ctx.db.execute<{ address: string; kind: MailKind; error: string | null; at: string }>(sql`
    SELECT l.address, l.kind, l.error, l.at FROM (
      SELECT DISTINCT ON (m.address) m.id, m.address, m.kind, m.error, coalesce(m.settled_at, m.created_at) AS at FROM mails m
      WHERE m.team_id = ${teamId}::uuid AND m.state IN ('bounced', 'failed') AND m.created_at > now() - interval '7 days'
      ORDER BY m.address, m.id DESC) l
    WHERE NOT EXISTS (SELECT 1 FROM mails later WHERE later.team_id = ${teamId}::uuid AND later.address = l.address
      AND later.id > l.id AND later.state IN ('sent', 'delivered'))
    ORDER BY l.id DESC LIMIT ${SHOWN}`);
  return rows.map(({ address, kind, error, at }) => ({ address, kind, why: error, at: new Date(at) }));
}
