import { toMicros, type Micros } from '@/server/domain/core/money';
import { formatMoney } from '@/components/ui/money/format';
import type { RechargeReason } from '@/server/domain/billing/auto-recharge/rules';
import type { PrintedRule } from '@/server/domain/billing/auto-recharge/schema';

type Cap = PrintedRule['cap'];

/** The reasons for which a recharge did not happen, or only in part. */
export const REASON_LABELS: Record<RechargeReason, string> = {
  master_short: 'master balance too low',
  reserve: 'blocked by the master reserve',
  cap_reached: 'cap reached',
  member_inactive: 'the member is inactive',
  owner: 'owners send from the master balance',
};

export const OUTCOME_LABELS = { fired: 'Recharged', refused: 'Blocked' } as const;

/** The states of a rule as filters of the members. */
export const RULE_FILTER_LABELS = {
  none: 'No rule',
  ready: 'On',
  waiting: 'Blocked',
  paused: 'Paused',
  off: 'Off',
} as const;

const STATE_LABELS = { ready: 'on', waiting: 'on, but blocked', paused: 'paused', off: 'off' } as const;

/** Returns a rule as a sentence: "below $5.00, fill up to $50.00; at most $200.00 per month". */
export function ruleInWords(rule: PrintedRule, currency: string, locale: string): string {
  const money = (amount: string) => formatMoney(toMicros(amount), currency, locale);
  const step = rule.target !== undefined ? `fill up to ${money(rule.target)}` : `add ${money(rule.amount ?? '0.00')}`;
  const cap = rule.cap === null ? '' : `; at most ${money(rule.cap.amount)} per ${rule.cap.period}`;
  return `below ${money(rule.threshold)}, ${step}${cap}`;
}

type State = { state: keyof typeof STATE_LABELS; reason: RechargeReason | null; cap: Cap };

/** Returns the state of a rule with its reason: "on, but blocked: daily cap reached". */
export const stateInWords = ({ state, reason, cap }: State): string =>
  reason === null ? STATE_LABELS[state] : `${STATE_LABELS[state]}: ${reasonInWords(reason, cap)}`;

/** Returns a reason; a reached cap is named by its period where the cap is known. */
export function reasonInWords(reason: RechargeReason, cap: Cap): string {
  if (reason !== 'cap_reached' || cap === null) return REASON_LABELS[reason];
  return `${cap.period === 'day' ? 'daily' : 'monthly'} cap reached`;
}

type Preview = { outcome: 'fires' | 'waits' | 'nothing'; amount: string | null; reason: RechargeReason | null };

/** Returns the effect that saving a rule has at once. */
export function sayPreview({ outcome, amount, reason }: Preview, cap: Cap, money: (amount: Micros) => string): string {
  const why = reason === null ? '' : ` (${reasonInWords(reason, cap)})`;
  if (outcome === 'fires') return `Recharges ${money(toMicros(amount ?? '0.00'))} now${why}.`;
  if (outcome === 'waits') return `If saved: no recharge yet${why}.`;
  return reason === null ? 'No recharge needed now.' : `Paused${why}.`;
}
