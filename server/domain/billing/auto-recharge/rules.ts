import type { Role } from '@/server/domain/core/actor';
import { type Micros, printAmount } from '@/server/domain/core/money';

/** A member's auto-recharge rule. One of `amount` (fixed step) and `target` (fill up to) is null; all amounts in micros. */
export type RechargeRule = {
  enabled: boolean;
  threshold: Micros;
  amount: Micros | null;
  target: Micros | null;
  capAmount: Micros | null;
  capPeriod: CapPeriod | null;
};

export const CAP_PERIODS = ['day', 'month'] as const;
export type CapPeriod = (typeof CAP_PERIODS)[number];

/** States of a rule: `waiting` for money, `paused` while its member cannot recharge, `off` if a user disabled it. */
export const RECHARGE_STATES = ['ready', 'waiting', 'paused', 'off'] as const;

/** Reasons for which a recharge did not happen, or not fully. The API fixes this set. */
export const RECHARGE_REASONS = ['master_short', 'reserve', 'cap_reached', 'member_inactive', 'owner'] as const;
export type RechargeReason = (typeof RECHARGE_REASONS)[number];

/** Amounts of a rule as it is written, in micros; an amount that is missing contradicts none. */
type WrittenAmounts = {
  threshold?: Micros | null | undefined;
  amount?: Micros | null | undefined;
  target?: Micros | null | undefined;
  cap?: { amount: Micros | null } | null | undefined;
};

/** Finds amounts of a rule that contradict each other: a target not above the threshold, or a step above the cap. */
export function findContradiction({
  threshold,
  amount,
  target,
  cap,
}: WrittenAmounts): { field: 'amount' | 'target'; detail: string } | null {
  if (target != null && threshold != null && target <= threshold) {
    return { field: 'target', detail: 'Must be above the threshold.' };
  }
  if (amount != null && cap?.amount != null && amount > cap.amount) {
    return { field: 'amount', detail: 'Must not be above the cap, or the rule could never recharge.' };
  }
  return null;
}

/** The decision for a rule. `need` is the full need; `amount` is the part that the cap allows (`cut` if it is less). */
export type Decision =
  | { kind: 'none' }
  | { kind: 'recharge'; need: Micros; amount: Micros; cut: boolean }
  | { kind: 'refused'; need: Micros; reason: 'cap_reached' | 'member_inactive' | 'owner' };

/**
 * Decides whether a rule fires, and for how much, before the master balance is checked.
 * @param input.charge micros about to be charged: the sum of a batch, or 0 (rule changed, member activated, rule served)
 * @param input.spentInPeriod micros recharged since `periodStart`, reversed or not
 */
export function decideRecharge(input: {
  balance: Micros;
  charge: Micros;
  rule: RechargeRule;
  spentInPeriod: Micros;
  member: MemberState;
}): Decision {
  const { balance, charge, rule, spentInPeriod, member } = input;
  const after = balance - charge;
  if (!rule.enabled || after >= rule.threshold) return { kind: 'none' };
  const need = wholeNeed(after, rule);
  if (member !== 'active') return { kind: 'refused', need, reason: member === 'owner' ? 'owner' : 'member_inactive' };
  const amount = cutToCap(need, rule, spentInPeriod);
  return amount > 0n
    ? { kind: 'recharge', need, amount, cut: amount < need }
    : { kind: 'refused', need, reason: 'cap_reached' };
}

// `after` is below zero if the balance does not cover the charge; the formula is the same.
function wholeNeed(after: Micros, rule: RechargeRule): Micros {
  if (rule.amount === null) {
    if (rule.target === null) throw new Error('A recharge rule has neither an amount nor a target');
    return rule.target - after;
  }
  const gap = rule.threshold - after;
  return rule.amount * ((gap + rule.amount - 1n) / rule.amount);
}

// The result is not above zero if nothing is left: a cap can be lowered below the amount already recharged.
function cutToCap(need: Micros, rule: RechargeRule, spentInPeriod: Micros): Micros {
  if (rule.capAmount === null) return need;
  const left = rule.capAmount - spentInPeriod;
  if (need <= left) return need;
  return rule.amount === null ? left : left - (left % rule.amount);
}

/**
 * Returns the micros to post from the master balance: the decided amount, or 0 if there is none or if the charge could not
 * be paid even with it. In that case no money moves at all, so no recharge may be posted.
 */
export function amountToPost(decision: Decision, balance: Micros, charge: Micros): Micros {
  return decision.kind === 'recharge' && balance + decision.amount >= charge ? decision.amount : 0n;
}

/** The result of posting `amountToPost` from the master balance; null if that was 0. */
export type MasterAnswer = 'paid' | 'reserve' | 'master_short' | null;

/**
 * The result of a charge and its recharge. `charged` false means `insufficient_funds`: nothing has moved. `outcome` and
 * `reason` belong to the recharge event (none: no event). `waiting` is the rule's new state unless it is paused or off.
 */
export type Settlement = {
  charged: boolean;
  recharged: Micros;
  balanceAfter: Micros;
  outcome: 'none' | 'fired' | 'refused';
  reason: RechargeReason | null;
  waiting: boolean;
};

/** Returns the settlement of a charge (or of 0) after the decision and the posting, by the exact auto-recharge rules. */
export function settleRecharge(input: {
  decision: Decision;
  master: MasterAnswer;
  balance: Micros;
  charge: Micros;
  threshold: Micros;
}): Settlement {
  const { decision, master, balance, charge, threshold } = input;
  if (decision.kind === 'none')
    return { ...withoutRecharge(balance, charge), outcome: 'none', reason: null, waiting: false };
  if (decision.kind === 'refused') return refusal(decision.reason, balance, charge, threshold);
  const posted = amountToPost(decision, balance, charge);
  if (posted === 0n) return refusal('cap_reached', balance, charge, threshold);
  if (master === null) throw new Error('A recharge that could be posted was not posted');
  if (master !== 'paid') return refusal(master, balance, charge, threshold);
  const balanceAfter = balance + posted - charge;
  const waiting = balanceAfter < threshold;
  const reason = waiting ? 'cap_reached' : null;
  return { charged: true, recharged: posted, balanceAfter, outcome: 'fired', reason, waiting };
}

// A charge that the balance covers is made anyway. A rule that is paused does not wait.
function refusal(reason: RechargeReason, balance: Micros, charge: Micros, threshold: Micros): Settlement {
  const moved = withoutRecharge(balance, charge);
  const isPaused = reason === 'member_inactive' || reason === 'owner';
  return { ...moved, outcome: 'refused', reason, waiting: !isPaused && moved.balanceAfter < threshold };
}

function withoutRecharge(balance: Micros, charge: Micros) {
  const charged = balance >= charge;
  return { charged, recharged: 0n, balanceAfter: charged ? balance - charge : balance };
}

/** Returns the state of a member that matters to its rule. */
export const memberStateOf = (member: { role: Role; status: string }): MemberState =>
  member.status !== 'active' ? 'inactive' : member.role === 'owner' ? 'owner' : 'active';

type MemberState = 'active' | 'inactive' | 'owner';

/**
 * Returns the outcome of a rule without a charge, before money moves: it fires, it waits, or nothing happens. `reason` says
 * why it does not fire, or not fully. Both balances are those after the recharge.
 */
export function foreseeRecharge(input: {
  balance: Micros;
  master: Micros;
  reserve: Micros;
  rule: RechargeRule;
  spentInPeriod: Micros;
  member: MemberState;
}): Foreseen {
  const { balance, rule } = input;
  const decision = decideRecharge({ ...input, charge: 0n });
  const amount = amountToPost(decision, balance, 0n);
  const master = amount > 0n ? foreseeMaster(input.master, input.reserve, amount) : null;
  const { outcome, reason, recharged, waiting, balanceAfter } = settleRecharge({
    decision,
    master,
    balance,
    charge: 0n,
    threshold: rule.threshold,
  });
  return {
    outcome: outcome === 'fired' ? 'fires' : waiting ? 'waits' : 'nothing',
    amount: recharged > 0n ? recharged : null,
    reason,
    memberAfter: balanceAfter,
    masterAfter: input.master - recharged,
  };
}

export const FORESEEN = ['fires', 'waits', 'nothing'] as const;

export type Foreseen = {
  outcome: (typeof FORESEEN)[number];
  amount: Micros | null;
  reason: RechargeReason | null;
  memberAfter: Micros;
  masterAfter: Micros;
};

// The same condition as in `ledger_post`: the full amount or nothing, and never from the reserve.
function foreseeMaster(master: Micros, reserve: Micros, amount: Micros): MasterAnswer {
  if (master - amount >= reserve) return 'paid';
  return master < amount ? 'master_short' : 'reserve';
}

/** Returns the first instant of the UTC day or month of `now`. Recharges since then count against the cap. */
export function periodStart(period: CapPeriod, now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), period === 'day' ? now.getUTCDate() : 1));
}

/**
 * Describes a rule: "when below 5.00, fill up to 50.00, at most 200.00 per month". With a currency, each amount carries it.
 * The state of the rule (on or off) is shown separately.
 */
export function describeRule(rule: RechargeRule, currency?: string): string {
  const print = (micros: Micros) =>
    currency === undefined ? printAmount(micros) : `${printAmount(micros)} ${currency}`;
  const fill = rule.amount === null ? `fill up to ${print(rule.target ?? 0n)}` : `add ${print(rule.amount)}`;
  const cap = rule.capAmount === null ? '' : `, at most ${print(rule.capAmount)} per ${rule.capPeriod}`;
  return `when below ${print(rule.threshold)}, ${fill}${cap}`;
}

/**
 * Describes in one sentence why a rule fired or did not. Members read it too, so it contains the member's own amounts and
 * never the master balance.
 */
export function describeEvent(event: {
  outcome: 'fired' | 'refused';
  reason: RechargeReason | null;
  balanceBefore: Micros;
  amount: Micros;
}): string {
  const balance = printAmount(event.balanceBefore);
  if (event.outcome === 'refused')
    return `Not recharged at a balance of ${balance}: ${REFUSALS[event.reason ?? 'master_short']}`;
  const added = `Added ${printAmount(event.amount)} to a balance of ${balance}`;
  return event.reason === 'cap_reached' ? `${added} (all that was left of the cap).` : `${added}.`;
}

const REFUSALS: Record<RechargeReason, string> = {
  master_short: 'the master balance is too low.',
  reserve: 'blocked by the master reserve.',
  cap_reached: 'cap reached for this period.',
  member_inactive: 'the member is deactivated.',
  owner: "an owner's messages are paid from the master balance, so auto-recharge is paused.",
};

/** The result of the SQL function `recharge_state`, with bigints as text. */
export type RechargeState = {
  enabled: boolean;
  threshold: string;
  amount: string | null;
  target: string | null;
  capAmount: string | null;
  capPeriod: CapPeriod | null;
  reason: 'master_short' | 'reserve' | 'cap_reached' | null;
  waitingSince: string | null;
  episode: number;
  lastFiredAt: string | null;
  spentInPeriod: string;
};
