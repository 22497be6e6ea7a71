import { and, eq, sql } from 'drizzle-orm';
import { rechargeRules } from '@/db/schema/recharge';
import { actingMember } from '@/server/domain/core/actor';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { post, RULE_SIGNATURE, lockMember, lockLiveMember, type LockedMember } from '../ledger/write';
import { printAmount, type Micros } from '@/server/domain/core/money';
import { mayOperate } from '@/server/domain/core/policy';
import { findServable, getRecharge, ruleOf, waitingNow, type Place } from './read';
import {
  amountToPost,
  decideRecharge,
  restsAs,
  settleRecharge,
  type MasterAnswer,
  type RechargeRule,
  type Settlement,
  type RechargeState,
} from './rules';
import { type Recharge, type RechargeInput, ruleFromInput } from './schema';
import { recordAudit, runCommand, enqueue, publishChange } from '@/server/domain/core/transaction';

/**
 * Makes or replaces a member's rule, and fires it at once when the balance is already low.
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
 * Writes a rule as given; the seat is new or locked. A new episode begins. Who calls looks at the rule then (`fireRule`),
 * which ends its waiting, or lets it wait on at the place it had.
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

// The history outlives a deleted rule: the next one must not count its refusals to the events of the one before.
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
 * Deletes a member's rule; its history and what it drew against caps stay. Answers the rule as it was, off.
 * @throws DomainError `owner_required`, `not_found` (also where there is no rule)
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

/** Ends the waiting of a seat that goes to rest, and switches the rule off for good where asked. The seat is locked. */
export async function restRule(tx: TxContext, memberId: string, options: { off: boolean }): Promise<void> {
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
 * Looks at a rule without a charge (made, changed, its member activated or a member again) and recharges if it is low.
 * Takes the lock of the seat, which the caller may already hold.
 */
export async function fireRule(tx: TxContext, memberId: string): Promise<void> {
  const member = await lockMember(tx, memberId);
  if (member.rule) await rechargingMember(tx, member, member.rule, { byJob: false });
}

async function rechargingMember(
  tx: TxContext,
  member: LockedMember,
  state: RechargeState,
  { byJob }: { byJob: boolean },
): Promise<Settlement> {
  const rule = ruleOf(state);
  const rests = restsAs(member);
  const { balance } = member;
  const decision = decideRecharge({
    balance,
    charge: 0n,
    rule,
    spentInPeriod: BigInt(state.spentInPeriod),
    member: rests,
  });
  const amount = amountToPost(decision, balance, 0n);
  let master: MasterAnswer = null;
  let transferId: string | null = null;
  if (amount > 0n) {
    const posted = await post(tx, { kind: 'recharge', memberId: member.memberId, amount, by: RULE_SIGNATURE });
    master = masterAnswer(posted.outcome);
    transferId = posted.id;
    if (master === 'paid') await countRecharge(tx, member.memberId, amount);
  }
  const settled = settleRecharge({ decision, master, balance, charge: 0n, threshold: rule.threshold });
  const need = decision.kind === 'none' ? 0n : decision.need;
  // A job that passes a rule over for the reason it already waits for is no news.
  const known =
    byJob && settled.outcome === 'refused' && state.waitingSince !== null && state.reason === settled.reason;
  const { waitingSince } = state;
  if (!known)
    await rememberRecharge(tx, member.memberId, { settled, balance, charge: 0n, need, transferId, waitingSince });
  return settled;
}

/** What `ledger_post` said of a recharge, as the rules put it. */
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
 * Writes what became of a rule: its event (if any) and its state. The seat is locked. That a rule begins to wait, and that
 * one which has waited is served, a job tells people.
 * @returns whether the rule begins to wait
 */
export async function rememberRecharge(
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
    // A program's charge is nobody's action: its member is to know.
    const acts = charge === 0n || tx.actor.channel === 'web';
    const by = acts ? actingMember(tx.actor) : null;
    enqueue(tx, 'alert', { teamId, memberId, since: tx.now.toISOString(), transferId: null, by });
  }
  if (!begins && waitingSince !== null && settled.outcome === 'fired' && !settled.waiting) {
    enqueue(tx, 'alert', { teamId, memberId, since: waitingSince, transferId });
  }
  return begins;
}

/**
 * Goes through a team's waiting rules, oldest first, one a transaction: each gets its whole need, cut only by its cap,
 * or is passed over and keeps its place. The job that follows every movement of money to where rules wait. A rule that the
 * master balance cannot pay now costs no transaction: which can be served is asked first.
 * @returns how many were served
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
  const settled = await rechargingMember(tx, member, member.rule, { byJob: true });
  return settled.recharged > 0n;
}

/**
 * Says of the rules that wait on for which reason they do now: the master balance has changed, or a cap's period. Of a rule
 * whose member is just being charged the charge says it; waiting for it here could end in a deadlock.
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
