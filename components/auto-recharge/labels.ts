import { formatMoney } from '@/components/ui/amount';
import type { RechargeReason } from '@/server/domain/billing/auto-recharge/rules';

type Rule = {
  enabled: boolean;
  threshold: string;
  amount?: string | undefined;
  target?: string | undefined;
  cap: { amount: string; period: 'day' | 'month' } | null;
};

/** Why a recharge did not happen, or not whole, in the words of the pages. */
export const REASONS: Record<RechargeReason, string> = {
  master_short: 'the master balance is short',
  reserve: 'only the master reserve stands in the way',
  cap_reached: 'its cap is reached',
  member_inactive: 'the member is inactive',
  owner: 'an owner spends the master balance',
};

/** A rule as a sentence: "below $5.00, fill up to $50.00; $200.00 a month at most". */
export function ruleInWords(rule: Rule, currency: string, locale: string): string {
  const money = (amount: string) => formatMoney(amount, currency, locale);
  const step = rule.target !== undefined ? `fill up to ${money(rule.target)}` : `add ${money(rule.amount ?? '0.00')}`;
  const cap = rule.cap === null ? '' : `; ${money(rule.cap.amount)} a ${rule.cap.period} at most`;
  return `below ${money(rule.threshold)}, ${step}${cap}`;
}

type State = { state: 'ready' | 'waiting' | 'paused' | 'off'; reason: RechargeReason | null };

/** How the rule stands: "ready", "waiting: the master balance is short". */
export const stateInWords = ({ state, reason }: State): string =>
  reason === null ? state : `${state}: ${REASONS[reason]}`;
