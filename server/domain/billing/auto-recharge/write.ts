import { and, eq, sql } from 'drizzle-orm';
import { rechargeRules } from '@/db/schema/recharge';
import { actingMember } from '@/server/domain/core/actor';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { post, RULE_ACTOR, lockMember, lockLiveMember, type LockedMember } from '../ledger/write';
import { printAmount, type Micros } from '@/server/domain/core/money';
import { mayOperate } from '@/server/domain/core/policy';
import { findServable, getRecharge, ruleOf, waitingNow, type Place } from './read';
import {
  amountToPost,
  decideRecharge,
  memberStateOf,
  settleRecharge,
  type MasterAnswer,
  type RechargeRule,
  type Settlement,
  type RechargeState,
} from './rules';
import { type Recharge, type RechargeInput, ruleFromInput } from './schema';
import { recordAudit, runCommand, enqueue, publishChange } from '@/server/domain/core/transaction';

/**
 * Creates or replaces a member's rule, and recharges at once if the balance is already low.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`
 */
export async function setRecharge(ctx: Context, memberId: string, input: RechargeInput): Promise<Recharge> {
  return runCommand(ctx, 'recharge.manage', async (tx) => {
    const member = await lockLiveMember(tx, memberId);
    const rule = await writeRule(tx, memberId, input);
    recordAudit(tx, {
      action: 'recharge.set',
      targetType: 'member',
      targetId: memberId,
      before: member.rule && printRule(ruleOf(member.rule)),
      after: printRule(rule),
    });
    await fireRule(tx, memberId);
    return getRecharge(tx, memberId);
  });
}

/**
 * Writes a rule and begins a new episode; the member must be new or locked. The caller then runs `fireRule`, which ends the
 * waiting or keeps the rule's place in the queue.
 */
export async function writeRule(tx: TxContext, memberId: string, input: RechargeInput): Promise<RechargeRule> {
  const rule = ruleFromInput(input);
  await tx.db
    .insert(rechargeRules)
    .values({
      teamId: tx.actor.teamId,
      memberId,
      ...rule,
      episode: nextEpisode(tx, memberId),
      createdAt: tx.now,
      updatedAt: tx.now,
    })
    .onConflictDoUpdate({
      target: [rechargeRules.teamId, rechargeRules.memberId],
      set: {
        ...rule,
        episode: sql`${rechargeRules.episode} + 1`,
        updatedAt: tx.now,
      },
    });
  return rule;
}

// Events are kept when a rule is deleted: the next rule must not add its refusals to the events of the previous one.
const nextEpisode = ({ actor }: TxContext, memberId: string) =>
  sql`(SELECT coalesce(max(e.episode), 0) + 1 FROM recharge_events e
    WHERE e.team_id = ${actor.teamId}::uuid AND e.member_id = ${memberId}::uuid AND e.outcome = 'refused')`;

const printRule = (rule: RechargeRule) => ({
  enabled: rule.enabled,
  threshold: printAmount(rule.threshold),
  amount: rule.amount === null ? null : printAmount(rule.amount),
  target: rule.target === null ? null : printAmount(rule.target),
  capAmount: rule.capAmount === null ? null : printAmount(rule.capAmount),
  capPeriod: rule.capPeriod,
});

/**
 * Deletes a member's rule. Its events and its recharges counted against caps are kept.
 * @returns the rule as it was, in the state `off`
 * @throws DomainError `owner_required`, `not_found` (also if there is no rule)
 */
export async function deleteRecharge(ctx: Context, memberId: string): Promise<Recharge> {
  return runCommand(ctx, 'recharge.manage', async (tx) => {
    const member = await lockMember(tx, memberId);
    const rule = await getRecharge(tx, memberId);
    const { teamId } = tx.actor;
    await tx.db
      .delete(rechargeRules)
      .where(and(eq(rechargeRules.teamId, teamId), eq(rechargeRules.memberId, memberId)));
    recordAudit(tx, {
      action: 'recharge.deleted',
      targetType: 'member',
      targetId: memberId,
      before: member.rule && printRule(ruleOf(member.rule)),
    });
    return { ...rule, enabled: false, state: 'off', reason: null };
  });
}

/** Ends the waiting of a member's rule that becomes paused, and disables it if `off` is set. The member must be locked. */
export async function pauseRule(tx: TxContext, memberId: string, options: { off: boolean }): Promise<void> {
  await tx.db
    .update(rechargeRules)
    .set({
      waitingSince: null,
      reason: null,
      episode: sql`CASE WHEN ${rechargeRules.waitingSince} IS NULL THEN ${rechargeRules.episode} ELSE ${rechargeRules.episode} + 1 END`,
      ...(options.off && { enabled: false }),
    })
    .where(and(eq(rechargeRules.teamId, tx.actor.teamId), eq(rechargeRules.memberId, memberId)));
}

/**
 * Evaluates a rule without a charge (created, changed, its member activated or no longer an owner) and recharges if the
 * balance is low. Locks the member, whom the caller may already have locked.
 */
export async function fireRule(tx: TxContext, memberId: string): Promise<void> {
  const member = await lockMember(tx, memberId);
  if (member.rule) await rechargeMember(tx, member, member.rule, { byJob: false });
}

async function rechargeMember(
  tx: TxContext,
  member: LockedMember,
  state: RechargeState,
  { byJob }: { byJob: boolean },
): Promise<Settlement> {
  const rule = ruleOf(state);

  const { balance } = member;
  const decision = decideRecharge({
    balance,
    charge: 0n,
    rule,
    spentInPeriod: BigInt(state.spentInPeriod),
    member: memberStateOf(member),
  });
  const amount = amountToPost(decision, balance, 0n);
  let master: MasterAnswer = null;
  let transferId: string | null = null;
  if (amount > 0n) {
    const posted = await post(tx, { kind: 'recharge', memberId: member.memberId, amount, by: RULE_ACTOR });
    master = masterAnswer(posted.outcome);
    transferId = posted.id;
    if (master === 'paid') await countRecharge(tx, member.memberId, amount);
  }
  const settled = settleRecharge({ decision, master, balance, charge: 0n, threshold: rule.threshold });
  const need = decision.kind === 'none' ? 0n : decision.need;
  // If the job skips a rule for the reason that is already recorded, nothing new is written.
  const isKnown =
    byJob && settled.outcome === 'refused' && state.waitingSince !== null && state.reason === settled.reason;
  const { waitingSince } = state;
  if (!isKnown)
    await recordRecharge(tx, member.memberId, { settled, balance, charge: 0n, need, transferId, waitingSince });
  return settled;
}

/** Converts the outcome of `ledger_post` for a recharge. */
export function masterAnswer(outcome: string): MasterAnswer {
  if (outcome === 'posted') return 'paid';
  return outcome === 'short_reserve' ? 'reserve' : 'master_short';
}

async function countRecharge(tx: TxContext, memberId: string, amount: Micros): Promise<void> {
  const day = tx.now.toISOString().slice(0, 10);
  await tx.db.execute(
    sql`SELECT recharge_count(${tx.actor.teamId}::uuid, ${memberId}::uuid, ${day}::date, ${amount}::bigint)`,
  );
}

/**
 * Writes the event (if any) and the state of a rule; the member must be locked. Queues the alerts that a rule begins to
 * wait, and that a waiting rule was served.
 * @returns whether the rule begins to wait
 */
export async function recordRecharge(
  tx: TxContext,
  memberId: string,
  seen: {
    settled: Settlement;
    balance: Micros;
    charge: Micros;
    need: Micros;
    transferId: string | null;
    waitingSince: string | null;
  },
): Promise<boolean> {
  const { settled, balance, charge, need, transferId, waitingSince } = seen;
  publishChange(tx, 'members', [memberId]);
  const outcome = settled.outcome === 'none' ? null : settled.outcome;
  const amount = settled.outcome === 'fired' ? settled.recharged : need;
  const { rows } = await tx.db.execute<{ begins: boolean }>(
    sql`SELECT recharge_remember(${tx.actor.teamId}::uuid, ${memberId}::uuid, ${tx.at}::timestamptz, ${outcome}, ${settled.reason}, ${settled.waiting},
      ${balance}::bigint, ${charge}::bigint, ${amount}::bigint, ${transferId}::uuid) AS begins`,
  );
  const { begins } = rows[0]!;
  const { teamId } = tx.actor;
  if (begins) {
    // A charge by API key is no user's action, so its member is alerted too.
    const isUserAction = charge === 0n || tx.actor.channel === 'web';
    const by = isUserAction ? actingMember(tx.actor) : null;
    enqueue(tx, 'alert', { teamId, memberId, since: tx.now.toISOString(), transferId: null, by });
  }
  if (!begins && waitingSince !== null && settled.outcome === 'fired' && !settled.waiting) {
    enqueue(tx, 'alert', { teamId, memberId, since: waitingSince, transferId });
  }
  return begins;
}

/**
 * Serves a team's waiting rules, oldest first, one per transaction. Each gets its full need, limited only by its cap, or is
 * skipped and keeps its place. Runs as a job after every movement of money to an account for which rules wait. A query
 * selects the rules that can be served, so a rule that cannot costs no transaction.
 * @returns the number of rules served
 */
export async function serveWaiting(ctx: Context): Promise<number> {
  mayOperate(ctx.actor);
  let served = 0;
  let place: Place | null = null;
  for (;;) {
    const { next, outdated } = await findServable(ctx, place);
    if (!next) {
      if (outdated) await correctReasons(ctx);
      return served;
    }
    place = next;
    if (await runCommand(ctx, 'recharge.manage', (tx) => serveOne(tx, next.memberId))) served += 1;
  }
}

async function serveOne(tx: TxContext, memberId: string): Promise<boolean> {
  if (tx.tx.team.status !== 'active') return false;
  const member = await lockMember(tx, memberId);
  if (!member.rule?.waitingSince) return false;
  const settled = await rechargeMember(tx, member, member.rule, { byJob: true });
  return settled.recharged > 0n;
}

/**
 * Updates the reasons of rules that still wait: the master balance or a cap period has changed. Skips rules locked by a
 * charge, which writes the reason itself; waiting for that lock could deadlock.
 */
async function correctReasons(ctx: Context): Promise<void> {
  await runCommand(ctx, 'recharge.manage', async (tx) => {
    const { rows } = await tx.db.execute<{ id: string }>(sql`
      UPDATE recharge_rules r SET reason = w.reason_now FROM (${waitingNow(tx)}) w,
        (SELECT l.member_id FROM recharge_rules l WHERE l.team_id = ${tx.actor.teamId}::uuid AND l.waiting_since IS NOT NULL
          FOR UPDATE SKIP LOCKED) free
      WHERE r.team_id = ${tx.actor.teamId}::uuid AND r.member_id = w.member_id AND free.member_id = r.member_id
        AND NOT w.over AND r.reason <> w.reason_now RETURNING r.member_id AS id`);
    if (rows.length > 0)
      publishChange(
        tx,
        'members',
        rows.map(({ id }) => id),
      );
  });
}
