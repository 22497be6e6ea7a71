import { and, eq, sql } from 'drizzle-orm';
import { builtOnce, UNNAMED } from '@/db/client';
import { ledgerAccounts } from '@/db/schema/ledger';
import { teams, teamSlugs } from '@/db/schema/teams';
import type { Ctx } from '../ctx';
import { fail } from '../errors';
import { asTeamId, type TeamId } from '../ids';
import { getMember } from '../members/read';
import { may } from '../policy';
import type { Me, Team } from './schema';

/** Over how many days the burn of the master balance is averaged. */
export const BURN_DAYS = 30;

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
      waiting: sql<string>`(SELECT count(*) FROM recharge_rules r WHERE r.team_id = ${teamId}::uuid AND r.waiting_since IS NOT NULL)`,
    })
    .from(teams)
    .innerJoin(ledgerAccounts, and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, teamId)))
    .where(eq(teams.id, teamId));
  if (!row) fail('not_found');
  const { active, inactive, burned, waiting, ...team } = row;
  const burn = BigInt(burned);
  const masterBalance = team.masterBalance ?? 0n;
  return {
    ...team,
    masterBalance,
    members: { active: Number(active), inactive: Number(inactive) },
    burnPerDay: burn / BigInt(BURN_DAYS),
    runwayDays: burn === 0n ? null : Number((masterBalance * BigInt(BURN_DAYS)) / burn),
    waitingRecharges: Number(waiting),
  };
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
