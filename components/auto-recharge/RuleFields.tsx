'use client';

import { NativeSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { printAmount } from '@/server/domain/core/money';
import type { RechargeReason } from '@/server/domain/billing/auto-recharge/rules';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { asTyped, formatMoney } from '@/components/ui/amount';
import { AmountField, useTyped } from '@/components/ui/AmountField';
import { useDraft } from '@/components/ui/useDraft';
import { useLocale } from '@/components/ui/useLocale';
import styles from './recharge.module.css';
import { REASONS } from './labels';

type Known = {
  enabled: boolean;
  threshold: string;
  amount?: string | undefined;
  target?: string | undefined;
  cap: { amount: string; period: 'day' | 'month' } | null;
};

/** For whom the rule is: a member that is there, or one that is being made with a starting credit. */
type Whose = { memberId: string } | { credit: string | null; role: 'owner' | 'member' };

/** A rule while it is written: what is typed, what it means, and what it would do now. */
export function useRule(known: Known | null, whose: Whose) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const typedOf = (amount: string | undefined) => (amount === undefined ? '' : asTyped(amount, currency, locale));
  // What nobody has touched follows what others change meanwhile.
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
  return { threshold, way, step, period, cap, set: draft.set, reset: draft.reset, wrong, input, whose };
}

export type RuleDraft = ReturnType<typeof useRule>;

/** The rule as a sentence to fill in; it says at once what would happen now. */
export function RuleFields({ rule, currency }: { rule: RuleDraft; currency: string }) {
  return (
    <div>
      <div className={styles.sentence} role="group" aria-label="Recharge rule">
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
          aria-label="How it is recharged"
          value={rule.way}
          onChange={(event) => rule.set('way', event.currentTarget.value)}
          data={[
            { value: 'target', label: 'fill up to' },
            { value: 'amount', label: 'add steps of' },
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
            { value: 'none', label: 'without a cap' },
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
              aria-label="Period of the cap"
              value={rule.period}
              onChange={(event) => rule.set('period', event.currentTarget.value)}
              data={[
                { value: 'day', label: 'a day' },
                { value: 'month', label: 'a month' },
              ]}
            />
          </>
        )}
      </div>
      <WhatNow rule={rule} currency={currency} />
    </div>
  );
}

/** What the rule would do the moment it is saved. */
function WhatNow({ rule, currency }: { rule: RuleDraft; currency: string }) {
  const { locale } = useLocale();
  // Its text, because the rule is another object each time it is drawn.
  const [text] = useDebouncedValue(JSON.stringify(rule.input), 150);
  const asked = JSON.parse(text) as RuleDraft['input'];
  const whose =
    'memberId' in rule.whose
      ? { memberId: rule.whose.memberId }
      : { memberId: null, role: rule.whose.role, ...(rule.whose.credit !== null && { credit: rule.whose.credit }) };
  const preview = useQuery(
    useTRPC().recharge.previewRecharge.queryOptions(
      { ...whose, ...(asked ?? { threshold: '0', target: '1' }) },
      { enabled: asked !== null, placeholderData: keepPreviousData },
    ),
  ).data;
  if (asked === null || !preview) return <p className="muted">Caps are counted in UTC days and months.</p>;
  return (
    <p aria-live="polite">
      {sayPreview(preview, (amount) => formatMoney(amount, currency, locale))}{' '}
      <span className="muted">Caps are counted in UTC days and months.</span>
    </p>
  );
}

type Preview = { outcome: 'fires' | 'waits' | 'nothing'; amount: string | null; reason: RechargeReason | null };

function sayPreview({ outcome, amount, reason }: Preview, money: (amount: string) => string): string {
  const why = reason === null ? '' : `: ${REASONS[reason]}`;
  if (outcome === 'fires') return `Runs now: +${money(amount ?? '0.00')}${reason === null ? '' : `, cut${why}`}.`;
  if (outcome === 'waits') return `Would wait${why}.`;
  return reason === null ? 'Nothing happens now.' : `Rests now${why}.`;
}
