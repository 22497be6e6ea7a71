import type { Role } from '@/server/domain/core/actor';
import { type Micros, printAmount } from '@/server/domain/core/money';
/** A member's auto-recharge trigger: `amount` (fixed step) or `target` (fill up to), one of them null; all in micros. */
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

/** `waiting` for money it could not draw, `paused` while its seat does not recharge, `off` by a person. */
export const RECHARGE_STATES = ['ready', 'waiting', 'paused', 'off'] as const;

/** Why a recharge did not happen, or not whole. The set is the API's and stays. */
export const RECHARGE_REASONS = ['master_short', 'reserve', 'cap_reached', 'member_inactive', 'owner'] as const;
export type RechargeReason = (typeof RECHARGE_REASONS)[number];
/** What a rule asks for. `need` is the whole need; `amount` is what its cap leaves of it (`cut` when that is less). */
export type Decision =
  | { kind: 'none' }
  | { kind: 'recharge'; need: Micros; amount: Micros; cut: boolean }
  | { kind: 'refused'; need: Micros; reason: 'cap_reached' | 'member_inactive' | 'owner' };

/**
 * Decides whether a rule fires, and for how much, before the master is asked. `charge` is 0 where there is none (a rule
 * made or changed, a member activated, a waiting rule served); a batch is one charge of its sum. `spentInPeriod` is the
 * sum of the member's recharges since `periodStart`, reversed or not. `owner` and `inactive` seats do not recharge.
 */
export function decideRecharge(input: {
  balance: Micros;
  charge: Micros;
  rule: RechargeRule;
  spentInPeriod: Micros;
  member: Seat;
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

// One formula for a charge that the balance covers and for one that it does not: `after` may be below zero.
function wholeNeed(after: Micros, rule: RechargeRule): Micros {
  if (rule.amount === null) {
    if (rule.target === null) throw new Error('A recharge rule has neither an amount nor a target');
    return rule.target - after;
  }
  const gap = rule.threshold - after;
  return rule.amount * ((gap + rule.amount - 1n) / rule.amount);
}

// Not above zero when nothing is left: a cap may have been lowered below what is spent.
function cutToCap(need: Micros, rule: RechargeRule, spentInPeriod: Micros): Micros {
  if (rule.capAmount === null) return need;
  const left = rule.capAmount - spentInPeriod;
  if (need <= left) return need;
  return rule.amount === null ? left : left - (left % rule.amount);
}

/**
 * What to ask the master for: the decided amount, or 0 when nothing is asked, or when the charge could not be paid even
 * with it: then no money moves at all, so a recharge must not be posted either.
 */
export function amountToPost(decision: Decision, balance: Micros, charge: Micros): Micros {
  return decision.kind === 'recharge' && balance + decision.amount >= charge ? decision.amount : 0n;
}

/** What the master did when it was asked for `amountToPost`; null when that was 0 and it was not asked. */
export type MasterAnswer = 'paid' | 'reserve' | 'master_short' | null;

/**
 * How it ended. `charged` false means `insufficient_funds`: nothing has moved. `outcome` and `reason` are the event of
 * the history (none: no event). `waiting` is the rule's state from now on, unless its seat rests (paused) or it is off.
 */
export type Settlement = {
  charged: boolean;
  recharged: Micros;
  balanceAfter: Micros;
  outcome: 'none' | 'fired' | 'refused';
  reason: RechargeReason | null;
  waiting: boolean;
};

/** Settles a charge (or c = 0) after the decision and the master's answer, by the exact rules of auto-recharge. */
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
  if (master === null) throw new Error('The master was not asked for a recharge that could be posted');
  if (master !== 'paid') return refusal(master, balance, charge, threshold);
  const balanceAfter = balance + posted - charge;
  const waiting = balanceAfter < threshold;
  const reason = waiting ? 'cap_reached' : null;
  return { charged: true, recharged: posted, balanceAfter, outcome: 'fired', reason, waiting };
}

// A charge that the balance covers goes through all the same. A seat that rests does not wait: its rule is paused.
function refusal(reason: RechargeReason, balance: Micros, charge: Micros, threshold: Micros): Settlement {
  const moved = withoutRecharge(balance, charge);
  const rests = reason === 'member_inactive' || reason === 'owner';
  return { ...moved, outcome: 'refused', reason, waiting: !rests && moved.balanceAfter < threshold };
}

function withoutRecharge(balance: Micros, charge: Micros) {
  const charged = balance >= charge;
  return { charged, recharged: 0n, balanceAfter: charged ? balance - charge : balance };
}

/** A seat in the eyes of its rule. */
export const restsAs = (member: { role: Role; status: string }): Seat =>
  member.status !== 'active' ? 'inactive' : member.role === 'owner' ? 'owner' : 'active';

type Seat = 'active' | 'inactive' | 'owner';

/**
 * What a look at a rule without a charge comes to, before anything is asked or moved: it fires, it begins to wait (or
 * waits on), or nothing happens; `reason` says why not, or why not whole. Both balances as they are then.
 */
export function foreseeRecharge(input: {
  balance: Micros;
  master: Micros;
  reserve: Micros;
  rule: RechargeRule;
  spentInPeriod: Micros;
  member: Seat;
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

// As `ledger_post` says it: whole or not at all, and never into the reserve.
function foreseeMaster(master: Micros, reserve: Micros, amount: Micros): MasterAnswer {
  if (master - amount >= reserve) return 'paid';
  return master < amount ? 'master_short' : 'reserve';
}

/** The first instant of the day or month (UTC) that holds `now`: recharges since then count against the cap. */
export function periodStart(period: CapPeriod, now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), period === 'day' ? now.getUTCDate() : 1));
}

/**
 * Says a rule as its form does: "when below 5.00, fill up to 50.00, at most 200.00 a month". With a currency each figure
 * carries it. Whether the rule is on is shown beside it, not in it.
 */
export function describeRule(rule: RechargeRule, currency?: string): string {
  const print = (micros: Micros) =>
    currency === undefined ? printAmount(micros) : `${printAmount(micros)} ${currency}`;
  const fill = rule.amount === null ? `fill up to ${print(rule.target ?? 0n)}` : `add ${print(rule.amount)}`;
  const cap = rule.capAmount === null ? '' : `, at most ${print(rule.capAmount)} a ${rule.capPeriod}`;
  return `when below ${print(rule.threshold)}, ${fill}${cap}`;
}

/**
 * Says in one sentence why a rule fired, or why it did not. Members read it too, so it holds the member's own figures
 * and never one of the master.
 */
export function describeEvent(event: {
  outcome: 'fired' | 'refused';
  reason: RechargeReason | null;
  balanceBefore: Micros;
  amount: Micros;
}): string {
  const balance = printAmount(event.balanceBefore);
  if (event.outcome === 'refused')
    return `Not recharged at a balance of ${balance}: ${WHY_NOT[event.reason ?? 'master_short']}`;
  const added = `Added ${printAmount(event.amount)} to a balance of ${balance}`;
  return event.reason === 'cap_reached' ? `${added}, all that the cap left; the rest waits.` : `${added}.`;
}

const WHY_NOT: Record<RechargeReason, string> = {
  master_short: "the team's balance could not pay it.",
  reserve: 'only the reserve, which recharges may not touch, could have paid it.',
  cap_reached: 'what the cap leaves in this period does not suffice.',
  member_inactive: 'the member is not active.',
  owner: "an owner's messages are paid by the team, so the rule rests.",
};

/** What the SQL function `recharge_state` answers: bigints as text. */
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
