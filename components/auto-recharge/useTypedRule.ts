'use client';

import { printAmount, toMicros, type Micros } from '@/server/domain/core/money';
import { findContradiction } from '@/server/domain/billing/auto-recharge/rules';
import type { PrintedRule } from '@/server/domain/billing/auto-recharge/schema';
import { useShell } from '@/components/layout/useShell';
import { asTyped, readTyped } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';

/** A rule as it is typed. `way` is "target" or "amount"; `period` is "none", "day" or "month". */
export type TypedRule = { threshold: string; way: string; step: string; period: string; cap: string };

export const NO_RULE: TypedRule = { threshold: '', way: 'target', step: '', period: 'none', cap: '' };

/** The fields of the API's errors in a rule; those of the same name need no entry. */
export const RULE_FIELDS = { '/target': 'step', '/amount': 'step' };

/** Same, for a rule that is created together with its member. */
export const NESTED_RULE_FIELDS = {
  '/recharge': 'rule.threshold',
  '/recharge/target': 'rule.step',
  '/recharge/amount': 'rule.step',
  '/recharge/cap': 'rule.cap',
};

/** Returns the functions that print a rule into its fields, and that parse the fields. */
export function useTypedRule() {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const print = (amount: string | undefined) =>
    amount === undefined ? '' : asTyped(toMicros(amount), currency, locale);
  const parse = (text: string): Micros | null => {
    const typed = readTyped(text, currency, locale);
    return 'amount' in typed ? typed.amount : null;
  };
  return {
    typedOf: (known: PrintedRule | null): TypedRule => ({
      threshold: print(known?.threshold),
      way: known?.amount === undefined ? 'target' : 'amount',
      step: print(known?.target ?? known?.amount),
      period: known?.cap?.period ?? 'none',
      cap: print(known?.cap?.amount),
    }),
    readRule: (typed: TypedRule) => readRule(typed, parse),
  };
}

export type ReadRule = ReturnType<typeof readRule>;

/** Returns the rule that the fields make, or null; `wrong` is the error of amounts that contradict each other. */
function readRule({ way, period: typedPeriod, ...texts }: TypedRule, parse: (text: string) => Micros | null) {
  const [threshold, step, most] = [parse(texts.threshold), parse(texts.step), parse(texts.cap)];
  const period = (['day', 'month'] as const).find((one) => one === typedPeriod) ?? null;
  const contradiction = findContradiction({
    threshold,
    ...(way === 'target' ? { target: step } : { amount: step }),
    cap: period === null ? null : { amount: most },
  });
  const isComplete = threshold !== null && step !== null && step > 0n && (period === null || (most ?? 0n) > 0n);
  const input =
    isComplete && contradiction === null
      ? {
          threshold: printAmount(threshold),
          ...(way === 'target' ? { target: printAmount(step) } : { amount: printAmount(step) }),
          cap: period === null || most === null ? null : { amount: printAmount(most), period },
        }
      : null;
  return { input, wrong: contradiction?.detail };
}
