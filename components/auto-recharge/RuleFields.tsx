'use client';

import { NativeSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { printAmount, toMicros, type Micros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { asTyped, formatMoney } from '@/components/ui/money/format';
import { AmountField, useTyped } from '@/components/ui/money/AmountField';
import { useDraft } from '@/components/ui/useDraft';
import { useLocale } from '@/components/ui/useLocale';
import styles from './recharge.module.css';
import type { PrintedRule } from '@/server/domain/billing/auto-recharge/schema';
import { sayPreview } from './labels';

/** The subject of the preview: an existing member, or one that is being created with a starting credit. */
type Subject = { memberId: string } | { credit: Micros | null; role: 'owner' | 'member' };

/** Holds a rule while it is edited: the typed texts, the parsed rule and its validation error. */
export function useRule(known: PrintedRule | null, subject: Subject) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const typedOf = (amount: string | undefined) =>
    amount === undefined ? '' : asTyped(toMicros(amount), currency, locale);
  // Untouched fields follow changes that others make.
  const draft = useDraft({
    threshold: typedOf(known?.threshold),
    way: known?.amount === undefined ? 'target' : 'amount',
    step: typedOf(known?.target ?? known?.amount),
    period: known?.cap?.period ?? 'none',
    cap: typedOf(known?.cap?.amount),
  });
  const [threshold, step, cap] = [draft.valueOf('threshold'), draft.valueOf('step'), draft.valueOf('cap')];
  const way = draft.valueOf('way') === 'amount' ? ('amount' as const) : ('target' as const);
  const period = (['day', 'month'] as const).find((one) => one === draft.valueOf('period')) ?? ('none' as const);
  const [low, size, limit] = [useTyped(threshold, currency), useTyped(step, currency), useTyped(cap, currency)];
  const amountOf = (typed: typeof low) => ('amount' in typed ? typed.amount : null);
  const [lowest, stepSize, most] = [amountOf(low), amountOf(size), amountOf(limit)];
  const wrong =
    way === 'target' && lowest !== null && stepSize !== null && stepSize <= lowest
      ? { step: 'Must be above the threshold.' }
      : way === 'amount' && period !== 'none' && stepSize !== null && most !== null && stepSize > most
        ? { step: 'Must not be above the cap, or the rule could never recharge.' }
        : null;
  const isComplete = lowest !== null && stepSize !== null && stepSize > 0n && (period === 'none' || (most ?? 0n) > 0n);
  const input =
    isComplete && wrong === null
      ? {
          enabled: known?.enabled ?? true,
          threshold: printAmount(lowest),
          ...(way === 'target' ? { target: printAmount(stepSize) } : { amount: printAmount(stepSize) }),
          cap: period === 'none' || most === null ? null : { amount: printAmount(most), period },
        }
      : null;
  return { threshold, way, step, period, cap, set: draft.set, reset: draft.reset, wrong, input, subject };
}

export type RuleDraft = ReturnType<typeof useRule>;

/** Renders the rule as a sentence with fields, and previews its immediate effect. */
export function RuleFields({ rule, currency }: { rule: RuleDraft; currency: string }) {
  return (
    <div>
      <div className={styles.sentence} role="group" aria-label="Auto-recharge rule">
        <span>When the balance falls below</span>
        <AmountField
          label="Threshold"
          hideLabel
          width="8rem"
          currency={currency}
          value={rule.threshold}
          onChange={(text) => rule.set('threshold', text)}
        />
        <NativeSelect
          aria-label="Recharge method"
          value={rule.way}
          onChange={(event) => rule.set('way', event.currentTarget.value)}
          data={[
            { value: 'target', label: 'fill up to' },
            { value: 'amount', label: 'add' },
          ]}
        />
        <AmountField
          label={rule.way === 'target' ? 'Fill up to' : 'Step'}
          hideLabel
          width="8rem"
          currency={currency}
          value={rule.step}
          onChange={(text) => rule.set('step', text)}
          error={rule.wrong?.step}
        />
        <NativeSelect
          aria-label="Cap"
          value={rule.period === 'none' ? 'none' : 'most'}
          onChange={(event) => rule.set('period', event.currentTarget.value === 'none' ? 'none' : 'month')}
          data={[
            { value: 'none', label: 'no limit' },
            { value: 'most', label: 'at most' },
          ]}
        />
        {rule.period !== 'none' && (
          <>
            <AmountField
              label="Cap amount"
              hideLabel
              width="8rem"
              currency={currency}
              value={rule.cap}
              onChange={(text) => rule.set('cap', text)}
            />
            <NativeSelect
              aria-label="Cap period"
              value={rule.period}
              onChange={(event) => rule.set('period', event.currentTarget.value)}
              data={[
                { value: 'day', label: 'per day' },
                { value: 'month', label: 'per month' },
              ]}
            />
          </>
        )}
      </div>
      <EffectNow rule={rule} currency={currency} />
    </div>
  );
}

/** Shows the effect that saving the rule would have now. */
function EffectNow({ rule, currency }: { rule: RuleDraft; currency: string }) {
  const { locale } = useLocale();
  // Debounced as text because the rule is a new object on every render.
  const [text] = useDebouncedValue(JSON.stringify(rule.input), 150);
  const input = JSON.parse(text) as RuleDraft['input'];
  const subject =
    'memberId' in rule.subject
      ? { memberId: rule.subject.memberId }
      : {
          memberId: null,
          role: rule.subject.role,
          ...(rule.subject.credit !== null && { credit: printAmount(rule.subject.credit) }),
        };
  const preview = useQuery(
    useTRPC().recharge.previewRecharge.queryOptions(
      { ...subject, ...(input ?? { threshold: '0', target: '1' }) },
      { enabled: input !== null, placeholderData: keepPreviousData },
    ),
  ).data;
  if (input === null || !preview) return <p className="muted">Caps are counted in UTC days and months.</p>;
  return (
    <p aria-live="polite">
      {sayPreview(preview, input.cap, (amount) => formatMoney(amount, currency, locale))}{' '}
      <span className="muted">Caps are counted in UTC days and months.</span>
    </p>
  );
}
