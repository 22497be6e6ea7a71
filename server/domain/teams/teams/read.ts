import { and, eq, sql, type AnyColumn } from 'drizzle-orm';
import { builtOnce, UNNAMED } from '@/db/client';
import { ledgerAccounts } from '@/db/schema/ledger';
import { members } from '@/db/schema/members';
import { teams, teamSlugs } from '@/db/schema/teams';
import type { Context } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { asTeamId, type TeamId } from '@/server/domain/core/ids';
import { getMember } from '../members/read';
import { may } from '@/server/domain/core/policy';
import { BURN_DAYS, burnOf } from './rules';
import type { Me, Settings, Shell, Team } from './schema';

/**
 * Returns the team with its balances and counts.
 * @throws DomainError `owner_required`
 */
export async function getTeam(ctx: Context): Promise<Team> {
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
 * Returns the team's settings.
 * @throws DomainError `owner_required`
 */
export async function getSettings(ctx: Context): Promise<Settings> {
  may(ctx.actor, 'team.see');
  const [row] = await ctx.db
    .select({
      memberLowBalance: teams.memberLowBalance,
      textRetentionDays: teams.textRetentionDays,
      requireReauthentication: teams.requireReauthentication,
      reauthenticateAbove: teams.reauthenticateAbove,
    })
    .from(teams)
    .where(eq(teams.id, ctx.actor.teamId));
  return row ?? fail('not_found');
}

const waitingIn = (teamId: AnyColumn) =>
  sql<string>`(SELECT count(*) FROM recharge_rules r WHERE r.team_id = ${teamId} AND r.waiting_since IS NOT NULL)`;

/** Returns the data around every page of a team, for owners and members, in one query. */
export async function getShell(ctx: Context): Promise<Shell> {
  const { actor } = ctx;
  if (actor.type !== 'member') fail('not_found');
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

/**
 * Returns the same as `getOwnMember`, with the key of the request.
 * @throws DomainError `missing_key` for a request without one
 */
export async function getMe(ctx: Context): Promise<Me> {
  const { actor } = ctx;
  if (actor.type !== 'member' || actor.credential.type !== 'key') fail('missing_key');
  const { id, prefix, last4 } = actor.credential;
  return { ...(await getOwnMember(ctx)), key: { id, prefix, last4 } };
}

/** Returns the team, the member, and the balance that its messages spend: the master balance for an owner. */
export async function getOwnMember(ctx: Context): Promise<Omit<Me, 'key'>> {
  const { actor } = ctx;
  if (actor.type !== 'member') fail('not_found');
  const member = await getMember(ctx, actor.memberId);
  const team = { id: actor.teamId, name: actor.teamName, currency: actor.currency };
  return { team, member, balance: actor.role === 'owner' ? await masterBalance(ctx) : member.balance };
}

async function masterBalance(ctx: Context): Promise<bigint> {
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

/** Finds a team's id and currency by id, for the operator; null when there is none. */
export async function findTeam(
  db: Context['db'],
  id: string,
): Promise<{ id: TeamId; name: string; currency: string } | null> {
  const [row] = await db
    .select({ id: teams.id, name: teams.name, currency: teams.currency })
    .from(teams)
    .where(eq(teams.id, id));
  return row ? { ...row, id: asTeamId(row.id) } : null;
}

/** Finds a team like `findTeam`, by slug. */
export async function findTeamBySlug(
  db: Context['db'],
  slug: string,
): Promise<{ id: TeamId; name: string; currency: string } | null> {
  const [row] = await db.select({ teamId: teamSlugs.teamId }).from(teamSlugs).where(eq(teamSlugs.slug, slug));
  return row ? findTeam(db, row.teamId) : null;
}
