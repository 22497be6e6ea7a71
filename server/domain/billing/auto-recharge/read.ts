import { and, desc, eq, lt, sql, type SQL } from 'drizzle-orm';
import { members } from '@/db/schema/members';
import { rechargeEvents } from '@/db/schema/recharge';
import type { Role } from '@/server/domain/core/actor';
import type { Page } from '@/server/domain/core/codecs';
import type { Context } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { failShort } from '../ledger/rules';
import { may, mayFor } from '@/server/domain/core/policy';
import {
  describeEvent,
  foreseeRecharge,
  memberStateOf,
  type CapPeriod,
  type Foreseen,
  type RechargeRule,
  type RechargeState,
} from './rules';
import { type PreviewRecharge, type Recharge, type RechargeEvent, ruleFromInput } from './schema';
import { pageOf, readCursor, type CursorBinding } from '@/server/domain/core/cursors';

const micros = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

/** Converts the state that SQL returns to the rule on which the calculations work. */
export function ruleOf(state: RechargeState): RechargeRule {
  return {
    enabled: state.enabled,
    threshold: BigInt(state.threshold),
    amount: micros(state.amount),
    target: micros(state.target),
    capAmount: micros(state.capAmount),
    capPeriod: state.capPeriod,
  };
}

/** Returns a rule as it is shown for its member, or null if there is none. The rule of an owner or inactive member is paused. */
export function showRecharge(state: RechargeState | null, member: { role: Role; status: string }): Recharge | null {
  if (!state) return null;
  const rule = ruleOf(state);
  const base = {
    enabled: rule.enabled,
    threshold: rule.threshold,
    ...(rule.amount !== null && { amount: rule.amount }),
    ...(rule.target !== null && { target: rule.target }),
    cap: rule.capAmount !== null && rule.capPeriod ? { amount: rule.capAmount, period: rule.capPeriod } : null,
    spentInPeriod: BigInt(state.spentInPeriod),
    lastFiredAt: state.lastFiredAt ? new Date(state.lastFiredAt) : null,
  };
  if (!rule.enabled) return { ...base, state: 'off', reason: null };
  if (member.status !== 'active') return { ...base, state: 'paused', reason: 'member_inactive' };
  if (member.role === 'owner') return { ...base, state: 'paused', reason: 'owner' };
  return { ...base, state: state.waitingSince ? 'waiting' : 'ready', reason: state.reason };
}

/**
 * Returns a member's rule.
 * @throws DomainError `not_found` if there is no such member, or no rule
 */
export async function getRecharge(ctx: Context, memberId: string): Promise<Recharge> {
  mayFor(ctx.actor, 'recharge.see', memberId);
  const { teamId } = ctx.actor;
  const [row] = await ctx.db
    .select({
      role: members.role,
      status: members.status,
      rule: sql<RechargeState | null>`recharge_state(${teamId}::uuid, ${memberId}::uuid, now())`,
    })
    .from(members)
    .where(and(eq(members.teamId, teamId), eq(members.id, memberId)));
  return (
    (row && showRecharge(row.rule, row)) ?? fail('not_found', { detail: 'This member has no auto-recharge rule.' })
  );
}

/**
 * Lists the recharge events of a member, newest first. They are kept when the rule is deleted.
 * @throws DomainError `not_found` for an unknown member, `invalid_cursor`
 */
export async function listRechargeEvents(
  ctx: Context,
  input: { memberId: string; limit: number; cursor?: string },
): Promise<Page<RechargeEvent>> {
  mayFor(ctx.actor, 'recharge.see', input.memberId);
  const { teamId } = ctx.actor;
  const binding: CursorBinding = [teamId, 'recharge-events', input.memberId];
  const after = readCursor(binding, input.cursor);
  const [member] = await ctx.db
    .select({ id: members.id })
    .from(members)
    .where(and(eq(members.teamId, teamId), eq(members.id, input.memberId)));
  if (!member) fail('not_found');
  const e = rechargeEvents;
  const rows = await ctx.db
    .select({
      id: e.id,
      at: e.at,
      outcome: e.outcome,
      reason: e.reason,
      count: e.count,
      lastAt: e.lastAt,
      balanceBefore: e.balanceBefore,
      amount: e.amount,
      transferId: e.transferId,
    })
    .from(e)
    .where(and(eq(e.teamId, teamId), eq(e.memberId, input.memberId), after ? lt(e.id, after) : undefined))
    .orderBy(desc(e.id))
    .limit(input.limit + 1);
  const page = pageOf(rows, input.limit, binding);
  return { ...page, data: page.data.map((row) => ({ ...row, detail: describeEvent(row) })) };
}

/**
 * Returns what a rule would do now if it were created. It takes no lock, so the result can differ from the later command.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `insufficient_funds` (master balance too low for the
 *   credit)
 */
export async function previewRecharge(ctx: Context, input: PreviewRecharge): Promise<Foreseen> {
  may(ctx.actor, 'recharge.manage');
  const { memberId, credit = 0n, role } = input;
  const rule = ruleFromInput(input);
  const { master, reserve, member } = await balancesFor(ctx, memberId, rule.capPeriod);
  if (memberId !== null && !member) fail('not_found');
  if (member?.status === 'deleted') fail('member_deleted');
  const given = member ? 0n : credit;
  if (master < given) failShort('master', given, master);
  const state = member ? memberStateOf(member) : memberStateOf({ role, status: 'active' });
  return foreseeRecharge({
    balance: member ? BigInt(member.balance) : given,
    master: master - given,
    reserve,
    rule,
    spentInPeriod: BigInt(member?.spent ?? 0),
    member: state,
  });
}

type MemberNow = { role: Role; status: string; balance: string; spent: string };

/** Returns the master balance, and a member with the sum of its recharges in the current cap period. */
async function balancesFor(ctx: Context, memberId: string | null, period: CapPeriod | null) {
  const teamId = sql`${ctx.actor.teamId}::uuid`;
  const begin = sql`date_trunc(${period ?? 'day'}, now() AT TIME ZONE 'UTC')`;
  const { rows } = await ctx.db.execute<{ balance: string; reserve: string; member: MemberNow | null }>(sql`
    SELECT a.balance, a.reserve, (SELECT jsonb_build_object('role', m.role, 'status', m.status, 'balance', own.balance::text,
        'spent', (SELECT coalesce(sum(t.amount), 0)::text FROM recharge_totals t WHERE t.team_id = ${teamId} AND t.member_id = m.id
          AND t.day >= ${begin}::date AND t.day < (${begin} + ${`1 ${period ?? 'day'}`}::interval)::date))
      FROM members m JOIN ledger_accounts own ON own.team_id = ${teamId} AND own.id = m.id
      WHERE m.team_id = ${teamId} AND m.id = ${memberId}::uuid) AS member
    FROM ledger_accounts a WHERE a.team_id = ${teamId} AND a.id = ${teamId}`);
  const { balance, reserve, member } = rows[0]!;
  return { master: BigInt(balance), reserve: BigInt(reserve), member };
}

/** The position of a pass through the waiting rules. The time stays text: a Date would cut its microseconds. */
export type Place = { waitingSince: string; memberId: string };

/**
 * Finds the oldest waiting rule after `after` that can be served now or no longer waits, or null. It takes no lock; the rule
 * is checked again when it is served. `outdated`: the reason of some waiting rule has changed.
 */
export async function findServable(
  ctx: Context,
  after: Place | null,
): Promise<{ next: Place | null; outdated: boolean }> {
  const { rows } = await ctx.db.execute<{ next: Place | null; outdated: boolean }>(sql`
    WITH waiting AS (${waitingNow(ctx)})
    SELECT (SELECT jsonb_build_object('waitingSince', w.since::text, 'memberId', w.member_id) FROM waiting w
        WHERE (w.over OR (w.amount > 0 AND w.master - w.amount >= w.reserve))
          AND (${after === null} OR (w.since, w.member_id) > (${after?.waitingSince ?? null}::timestamptz, ${after?.memberId ?? null}::uuid))
        ORDER BY w.since, w.member_id LIMIT 1) AS next,
      EXISTS (SELECT 1 FROM waiting w WHERE NOT w.over AND w.reason <> w.reason_now) AS outdated`);
  return rows[0]!;
}

/**
 * Returns the query of an active team's waiting rules, each with the amount it requests now (the same as `decideRecharge`),
 * `over` if it no longer waits, and the reason for which it waits now.
 */
export function waitingNow(ctx: Context): SQL {
  const team = sql`${ctx.actor.teamId}::uuid`;
  return sql`
    SELECT asks.*, CASE WHEN asks.amount <= 0 THEN 'cap_reached' WHEN asks.master < asks.amount THEN 'master_short' ELSE 'reserve' END AS reason_now
    FROM (
      SELECT r.member_id, r.waiting_since AS since, r.reason, top.balance AS master, top.reserve,
        NOT r.enabled OR s.status <> 'active' OR s.role <> 'member' OR a.balance >= r.threshold AS over,
        CASE WHEN r.cap_amount IS NULL OR need.whole <= cap.rest THEN need.whole
          WHEN r.amount IS NULL THEN cap.rest ELSE cap.rest - cap.rest % r.amount END AS amount
      FROM recharge_rules r
        JOIN teams t ON t.id = ${team} AND t.status = 'active'
        JOIN members s ON s.team_id = ${team} AND s.id = r.member_id
        JOIN ledger_accounts a ON a.team_id = ${team} AND a.id = r.member_id
        JOIN ledger_accounts top ON top.team_id = ${team} AND top.id = ${team}
        CROSS JOIN LATERAL (SELECT CASE WHEN r.amount IS NULL THEN r.target - a.balance
          ELSE r.amount * ((r.threshold - a.balance + r.amount - 1) / r.amount) END AS whole) need
        CROSS JOIN LATERAL (SELECT date_trunc(coalesce(r.cap_period, 'day'), coalesce(${ctx.at}::timestamptz, now()) AT TIME ZONE 'UTC') AS begins) period
        CROSS JOIN LATERAL (SELECT r.cap_amount - coalesce(sum(d.amount), 0)::bigint AS rest FROM recharge_totals d
          WHERE d.team_id = ${team} AND d.member_id = r.member_id AND r.cap_amount IS NOT NULL AND d.day >= period.begins::date
            AND d.day < (period.begins + ('1 ' || coalesce(r.cap_period, 'day'))::interval)::date) cap
      WHERE r.team_id = ${team} AND r.waiting_since IS NOT NULL) asks`;
}
