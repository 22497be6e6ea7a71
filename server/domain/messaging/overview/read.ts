import { sql } from 'drizzle-orm';
import { listTeamAlerts } from '@/server/domain/notifications/alerts/read';
import { listAuditEvents } from '@/server/domain/teams/audit/read';
import type { Context } from '@/server/domain/core/context';
import { may } from '@/server/domain/core/policy';
import { listDownCarriers } from '../carriers/read';
import { topRefusals } from '../refusals/read';
import { BURN_DAYS } from '@/server/domain/teams/teams/rules';
import type { Overview } from './schema';

const OVERVIEW_DAYS = 60;

const SPENDERS = 5;

const WAITING_SHOWN = 5;

const RECENT = 8;

/**
 * Returns the overview of the team, for its owners.
 * @throws DomainError `owner_required`
 */
export async function getOverview(ctx: Context): Promise<Overview> {
  may(ctx.actor, 'team.see');
  // Queries run one after another, so that a page takes one connection of the pool instead of five.
  const days = await sentByDay(ctx);
  const spenders = await topSpenders(ctx);
  const waiting = await longestWaiting(ctx);
  const carriers = await listDownCarriers(ctx);
  const alerts = await listTeamAlerts(ctx);
  const refusals = await topRefusals(ctx);
  const recent = await listAuditEvents(ctx, { limit: RECENT });
  return { days, spenders, waiting, carriers, alerts, refusals, recent: recent.data, setup: await setupOf(ctx) };
}

const TODAY = sql`(now() AT TIME ZONE 'UTC')::date`;

type Sent = { messages: string; cost: string };

const sentIn = ({ messages, cost }: Sent) => ({ messages: Number(messages), cost: BigInt(cost) });

async function sentByDay(ctx: Context): Promise<Overview['days']> {
  const { rows } = await ctx.db.execute<Sent & { day: string }>(sql`
    SELECT d.day::date::text AS day, coalesce(sum(u.messages), 0) AS messages, coalesce(sum(u.cost), 0) AS cost
    FROM generate_series(${TODAY} - ${OVERVIEW_DAYS - 1}::int, ${TODAY}, interval '1 day') AS d(day)
    LEFT JOIN usage_team_daily u ON u.team_id = ${ctx.actor.teamId}::uuid AND u.day = d.day::date GROUP BY 1 ORDER BY 1`);
  return rows.map(({ day, ...row }) => ({ day, ...sentIn(row) }));
}

async function topSpenders(ctx: Context): Promise<Overview['spenders']> {
  const teamId = sql`${ctx.actor.teamId}::uuid`;
  const { rows } = await ctx.db.execute<Sent & { id: string; name: string }>(sql`
    SELECT m.id, m.name, u.messages, u.cost FROM (
      SELECT member_id, sum(messages) AS messages, sum(cost) AS cost FROM usage_daily
      WHERE team_id = ${teamId} AND day > ${TODAY} - ${BURN_DAYS}::int GROUP BY member_id
      HAVING sum(cost) > 0 ORDER BY cost DESC, member_id LIMIT ${SPENDERS}) u
    JOIN members m ON m.team_id = ${teamId} AND m.id = u.member_id ORDER BY u.cost DESC, m.id`);
  return rows.map(({ id, name, ...row }) => ({ memberId: id, name, ...sentIn(row) }));
}

async function longestWaiting(ctx: Context): Promise<Overview['waiting']> {
  const teamId = sql`${ctx.actor.teamId}::uuid`;
  const { rows } = await ctx.db.execute<{
    id: string;
    name: string;
    reason: Overview['waiting'][number]['reason'];
    since: string;
    balance: string;
  }>(sql`
    SELECT m.id, m.name, r.reason, r.waiting_since::text AS since, a.balance FROM recharge_rules r
    JOIN members m ON m.team_id = ${teamId} AND m.id = r.member_id
    JOIN ledger_accounts a ON a.team_id = ${teamId} AND a.id = r.member_id
    WHERE r.team_id = ${teamId} AND r.waiting_since IS NOT NULL ORDER BY r.waiting_since, r.member_id LIMIT ${WAITING_SHOWN}`);
  return rows.map(({ id, name, reason, since, balance }) => ({
    memberId: id,
    name,
    reason,
    since: new Date(since),
    balance: BigInt(balance),
  }));
}

async function setupOf(ctx: Context): Promise<Overview['setup']> {
  const teamId = sql`${ctx.actor.teamId}::uuid`;
  const { rows } = await ctx.db.execute<Overview['setup']>(sql`
    SELECT (SELECT count(*) > 1 FROM (SELECT 1 FROM members WHERE team_id = ${teamId} AND status <> 'deleted' LIMIT 2) m) AS "hasMember",
      EXISTS (SELECT 1 FROM transfers WHERE team_id = ${teamId} AND kind IN ('funding', 'opening')) AS "hasFunds",
      NOT (SELECT sample_prices FROM teams WHERE id = ${teamId}) AS "hasRates",
      EXISTS (SELECT 1 FROM usage_team_daily WHERE team_id = ${teamId}) AS "hasSent"`);
  return rows[0]!;
}
