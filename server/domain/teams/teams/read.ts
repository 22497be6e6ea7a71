import { and, eq, sql, type AnyColumn } from 'drizzle-orm';
import { builtOnce, UNNAMED } from '@/db/client';
import { ledgerAccounts } from '@/db/schema/ledger';
import { members } from '@/db/schema/members';
import { teams, teamSlugs } from '@/db/schema/teams';
import { listTeamAlerts } from '@/server/domain/notifications/alerts/read';
import { listAuditEvents } from '../audit/read';
import type { Ctx } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { asTeamId, type TeamId } from '@/server/domain/core/ids';
import { getMember } from '../members/read';
import { may } from '@/server/domain/core/policy';
import { topRefusals } from '@/server/domain/messaging/refusals/read';
import { BURN_DAYS, burnOf } from './rules';
import type { Me, Overview, Settings, Shell, Team } from './schema';

/**
 * The team with its money and its counts.
 * @throws DomainError `owner_required`
 */
export async function getTeam(ctx: Ctx): Promise<Team> {
  may(ctx.actor, 'team.see');
  const { teamId } = ctx.actor;
  const [row] = await ctx.db
    .select({
      id: teams.id,
      name: teams.name,
      slug: teams.slug,
      currency: teams.currency,
      masterBalance: ledgerAccounts.balance,
      reserve: ledgerAccounts.reserve,
      defaultSender: teams.defaultSender,
      lowBalance: teams.lowBalance,
      samplePrices: teams.samplePrices,
      createdAt: teams.createdAt,
      active: sql<string>`(SELECT count(*) FROM members m WHERE m.team_id = ${teamId}::uuid AND m.status = 'active')`,
      inactive: sql<string>`(SELECT count(*) FROM members m WHERE m.team_id = ${teamId}::uuid AND m.status = 'inactive')`,
      burned: sql<string>`(SELECT coalesce(sum(u.cost), 0) FROM usage_team_daily u WHERE u.team_id = ${teamId}::uuid
        AND u.day > (now() AT TIME ZONE 'UTC')::date - ${BURN_DAYS}::int)`,
      hours: sql<number | null>`(SELECT floor(extract(epoch FROM now() - t.created_at) / 3600)::int FROM transfers t
        WHERE t.team_id = ${teamId}::uuid AND t.kind = 'charge' ORDER BY t.id LIMIT 1)`,
      waiting: waitingIn(teams.id),
    })
    .from(teams)
    .innerJoin(ledgerAccounts, and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, teamId)))
    .where(eq(teams.id, teamId));
  if (!row) fail('not_found');
  const { active, inactive, burned, hours, waiting, ...team } = row;
  const masterBalance = team.masterBalance ?? 0n;
  return {
    ...team,
    masterBalance,
    members: { active: Number(active), inactive: Number(inactive) },
    ...burnOf(masterBalance, BigInt(burned), hours),
    waitingRecharges: Number(waiting),
  };
}

/**
 * What the team keeps to itself.
 * @throws DomainError `owner_required`
 */
export async function getSettings(ctx: Ctx): Promise<Settings> {
  may(ctx.actor, 'team.see');
  const [row] = await ctx.db
    .select({
      memberLowBalance: teams.memberLowBalance,
      textRetentionDays: teams.textRetentionDays,
      askAgain: teams.askAgain,
      askAgainAbove: teams.askAgainAbove,
    })
    .from(teams)
    .where(eq(teams.id, ctx.actor.teamId));
  return row ?? fail('not_found');
}

const waitingIn = (teamId: AnyColumn) =>
  sql<string>`(SELECT count(*) FROM recharge_rules r WHERE r.team_id = ${teamId} AND r.waiting_since IS NOT NULL)`;

/** What stands around every page of a team, for its owners and for its members, in one round trip. */
export async function getShell(ctx: Ctx): Promise<Shell> {
  const { actor } = ctx;
  if (actor.type !== 'seat') fail('not_found');
  const [row] = await shellOf(ctx.db).execute({ teamId: actor.teamId, memberId: actor.memberId });
  if (!row) fail('not_found');
  const { team, master, me, canTakeBack, waiting, isCurrencyFixed } = row;
  const owns = me.role === 'owner';
  return {
    team: {
      ...team,
      samplePrices: owns && team.samplePrices,
      lowBalance: owns ? team.lowBalance : null,
      isCurrencyFixed,
      masterBalance: owns ? master.balance : null,
      reserve: owns ? master.reserve : null,
    },
    me: { ...me, balance: BigInt(me.balance), canTakeBack },
    waitingRecharges: owns ? Number(waiting) : 0,
    demo: ctx.demo,
  };
}

const shellOf = builtOnce((db) => {
  const [teamId, memberId] = [sql.placeholder('teamId'), sql.placeholder('memberId')];
  return db
    .select({
      team: {
        id: teams.id,
        name: teams.name,
        slug: teams.slug,
        currency: teams.currency,
        status: teams.status,
        samplePrices: teams.samplePrices,
        lowBalance: teams.lowBalance,
        textRetentionDays: teams.textRetentionDays,
      },
      master: { balance: ledgerAccounts.balance, reserve: ledgerAccounts.reserve },
      me: {
        memberId: members.id,
        name: members.name,
        role: members.role,
        balance: sql<string>`(SELECT a.balance FROM ledger_accounts a WHERE a.team_id = ${members.teamId} AND a.id = ${members.id})`,
        isLow: sql<boolean>`${members.role} = 'member' AND (SELECT a.low_since IS NOT NULL FROM ledger_accounts a
          WHERE a.team_id = ${members.teamId} AND a.id = ${members.id})`,
      },
      canTakeBack: sql<boolean>`${members.steppedDownAt} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM members o
        WHERE o.team_id = ${members.teamId} AND o.role = 'owner' AND o.status = 'active')`,
      waiting: waitingIn(members.teamId),
      isCurrencyFixed: sql<boolean>`EXISTS (SELECT 1 FROM transfers t WHERE t.team_id = ${teams.id})`,
    })
    .from(teams)
    .innerJoin(ledgerAccounts, and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, teamId)))
    .innerJoin(members, and(eq(members.teamId, teamId), eq(members.id, memberId)))
    .where(eq(teams.id, teamId))
    .prepare(UNNAMED);
});

const OVERVIEW_DAYS = 60;
const SPENDERS = 5;
const WAITING_SHOWN = 5;
const RECENT = 8;

/**
 * The team at a glance, for its owners.
 * @throws DomainError `owner_required`
 */
export async function getOverview(ctx: Ctx): Promise<Overview> {
  may(ctx.actor, 'team.see');
  // One after another: a page takes one connection of the pool, not five.
  const days = await sentByDay(ctx);
  const spenders = await topSpenders(ctx);
  const waiting = await longestWaiting(ctx);
  const alerts = await listTeamAlerts(ctx);
  const refusals = await topRefusals(ctx);
  const recent = await listAuditEvents(ctx, { limit: RECENT });
  return { days, spenders, waiting, alerts, refusals, recent: recent.data, setup: await setupOf(ctx) };
}

const TODAY = sql`(now() AT TIME ZONE 'UTC')::date`;

type Sent = { messages: string; cost: string };
const sentIn = ({ messages, cost }: Sent) => ({ messages: Number(messages), cost: BigInt(cost) });

async function sentByDay(ctx: Ctx): Promise<Overview['days']> {
  const { rows } = await ctx.db.execute<Sent & { day: string }>(sql`
    SELECT d.day::date::text AS day, coalesce(sum(u.messages), 0) AS messages, coalesce(sum(u.cost), 0) AS cost
    FROM generate_series(${TODAY} - ${OVERVIEW_DAYS - 1}::int, ${TODAY}, interval '1 day') AS d(day)
    LEFT JOIN usage_team_daily u ON u.team_id = ${ctx.actor.teamId}::uuid AND u.day = d.day::date GROUP BY 1 ORDER BY 1`);
  return rows.map(({ day, ...row }) => ({ day, ...sentIn(row) }));
}

async function topSpenders(ctx: Ctx): Promise<Overview['spenders']> {
  const teamId = sql`${ctx.actor.teamId}::uuid`;
  const { rows } = await ctx.db.execute<Sent & { id: string; name: string }>(sql`
    SELECT m.id, m.name, u.messages, u.cost FROM (
      SELECT member_id, sum(messages) AS messages, sum(cost) AS cost FROM usage_daily
      WHERE team_id = ${teamId} AND day > ${TODAY} - ${BURN_DAYS}::int GROUP BY member_id
      HAVING sum(cost) > 0 ORDER BY cost DESC, member_id LIMIT ${SPENDERS}) u
    JOIN members m ON m.team_id = ${teamId} AND m.id = u.member_id ORDER BY u.cost DESC, m.id`);
  return rows.map(({ id, name, ...row }) => ({ memberId: id, name, ...sentIn(row) }));
}

async function longestWaiting(ctx: Ctx): Promise<Overview['waiting']> {
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

async function setupOf(ctx: Ctx): Promise<Overview['setup']> {
  const teamId = sql`${ctx.actor.teamId}::uuid`;
  const { rows } = await ctx.db.execute<Overview['setup']>(sql`
    SELECT (SELECT count(*) > 1 FROM (SELECT 1 FROM members WHERE team_id = ${teamId} AND status <> 'deleted' LIMIT 2) m) AS "hasMember",
      EXISTS (SELECT 1 FROM transfers WHERE team_id = ${teamId} AND kind IN ('funding', 'opening')) AS "hasFunds",
      NOT (SELECT sample_prices FROM teams WHERE id = ${teamId}) AS "hasRates",
      EXISTS (SELECT 1 FROM usage_team_daily WHERE team_id = ${teamId}) AS "hasSent"`);
  return rows[0]!;
}

/** Who asks, with which key (null: with none), and the balance that is spent for it: the master's for an owner. */
export async function getMe<K extends Me['key'] | null>(ctx: Ctx, key: K): Promise<Omit<Me, 'key'> & { key: K }> {
  const { actor } = ctx;
  if (actor.type !== 'seat') fail('not_found');
  const member = await getMember(ctx, actor.memberId);
  const team = { id: actor.teamId, name: actor.teamName, currency: actor.currency };
  return { team, member, key, balance: actor.role === 'owner' ? await masterBalance(ctx) : member.balance };
}

async function masterBalance(ctx: Ctx): Promise<bigint> {
  const [row] = await masterOf(ctx.db).execute({ teamId: ctx.actor.teamId });
  return row?.balance ?? 0n;
}

const masterOf = builtOnce((db) => {
  const teamId = sql.placeholder('teamId');
  return db
    .select({ balance: ledgerAccounts.balance })
    .from(ledgerAccounts)
    .where(and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, teamId)))
    .prepare(UNNAMED);
});

/** A team's id and currency for the operator, by id. Null when there is none. */
export async function findTeam(
  db: Ctx['db'],
  id: string,
): Promise<{ id: TeamId; name: string; currency: string } | null> {
  const [row] = await db
    .select({ id: teams.id, name: teams.name, currency: teams.currency })
    .from(teams)
    .where(eq(teams.id, id));
  return row ? { ...row, id: asTeamId(row.id) } : null;
}

/** As `findTeam`, by slug. */
export async function findTeamBySlug(
  db: Ctx['db'],
  slug: string,
): Promise<{ id: TeamId; name: string; currency: string } | null> {
  const [row] = await db.select({ teamId: teamSlugs.teamId }).from(teamSlugs).where(eq(teamSlugs.slug, slug));
  return row ? findTeam(db, row.teamId) : null;
}
