'use client';

import { Checkbox, Collapse, NativeSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { printAmount, type Micros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { useLocale } from '@/components/ui/useLocale';
import styles from './recharge.module.css';
import { sayPreview } from './labels';
import type { ReadRule, TypedRule } from './useTypedRule';

/** The subject of the preview: an existing member, or one that is being created with a starting credit. */
type Subject = { memberId: string } | { credit: Micros | null; role: 'owner' | 'member' };

type Field = { value: string; onChange: (text: string) => void; error: ReactNode };

type Props = {
  /** Returns the properties of a field of the rule. */
  field: (name: keyof TypedRule) => Field;
  rule: ReadRule;
  subject: Subject;
};

/** The checkbox that adds a rule to a new member, with the rule's fields. */
export const OptionalRule = ({ isAdded, ...rule }: Props & { isAdded: { checked: boolean; onChange: () => void } }) => (
  <>
    <Checkbox label="Add auto-recharge" {...isAdded} />
    <Collapse expanded={isAdded.checked}>{isAdded.checked && <RuleFields {...rule} />}</Collapse>
  </>
);

/** Renders the rule as a sentence with fields, and previews its immediate effect. */
export function RuleFields({ field, rule, subject }: Props) {
  const { currency } = useShell().team;
  const [way, step] = [field('way'), field('step')];
  return (
    <div>
      <div className={styles.sentence} role="group" aria-label="Auto-recharge rule">
        <span>When the balance falls below</span>
        <AmountField label="Threshold" hideLabel width="8rem" currency={currency} {...field('threshold')} />
        <NativeSelect
          aria-label="Recharge method"
          {...way}
          onChange={(event) => way.onChange(event.currentTarget.value)}
          data={[
            { value: 'target', label: 'fill up to' },
            { value: 'amount', label: 'add' },
          ]}
        />
        <AmountField
          label={way.value === 'target' ? 'Fill up to' : 'Step'}
          hideLabel
          width="8rem"
          currency={currency}
          {...step}
          error={rule.wrong ?? step.error}
        />
        <Cap field={field} />
      </div>
      <EffectNow rule={rule} subject={subject} />
    </div>
  );
}

function Cap({ field }: Pick<Props, 'field'>) {
  const { currency } = useShell().team;
  const period = field('period');
  return (
    <>
      <NativeSelect
        aria-label="Cap"
        value={period.value === 'none' ? 'none' : 'most'}
        onChange={(event) => period.onChange(event.currentTarget.value === 'none' ? 'none' : 'month')}
        data={[
          { value: 'none', label: 'no limit' },
          { value: 'most', label: 'at most' },
        ]}
      />
      {period.value !== 'none' && (
        <>
          <AmountField label="Cap amount" hideLabel width="8rem" currency={currency} {...field('cap')} />
          <NativeSelect
            aria-label="Cap period"
            {...period}
            onChange={(event) => period.onChange(event.currentTarget.value)}
            data={[
              { value: 'day', label: 'per day' },
              { value: 'month', label: 'per month' },
            ]}
          />
        </>
      )}
    </>
  );
}

/** Shows the effect that saving the rule would have now. */
function EffectNow({ rule, subject }: Pick<Props, 'rule' | 'subject'>) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  // Debounced as text because the rule is a new object on every render.
  const [text] = useDebouncedValue(JSON.stringify(rule.input), 150);
  const input = JSON.parse(text) as ReadRule['input'];
  const preview = useQuery(
    useTRPC().recharge.previewRecharge.queryOptions(
      { ...previewed(subject), ...(input ?? { threshold: '0', target: '1' }) },
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

const previewed = (subject: Subject) =>
  'memberId' in subject
    ? subject
    : { memberId: null, role: subject.role, ...(subject.credit !== null && { credit: printAmount(subject.credit) }) };
