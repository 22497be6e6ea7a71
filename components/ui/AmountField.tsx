'use client';

import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { printAmount } from '@/server/domain/core/money';
import { formatMoney, readTyped, type Typed } from './amount';
import { useLocale } from './useLocale';

type Props = {
  label: ReactNode;
  /** As typed; it is never changed for the person. */
  value: string;
  onChange: (text: string) => void;
  currency: string;
  /** Whether "all" is an answer here, and what it comes to. */
  all?: string | undefined;
  description?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  /** Has the focus when its dialog opens. */
  first?: boolean;
  hideLabel?: boolean;
  width?: string;
};

/** Reads what stands in an amount field, in the person's locale. */
export function useTyped(text: string, currency: string, all = false): Typed {
  const { locale } = useLocale();
  return readTyped(text, currency, locale, { all });
}

/** A field for an amount: takes what people type, says how it was understood, and leaves the text as it is. */
export function AmountField({ value, onChange, currency, all, description, error, label, ...rest }: Props) {
  const { locale } = useLocale();
  const typed = readTyped(value, currency, locale, { all: all !== undefined });
  const understood =
    'amount' in typed
      ? formatMoney(printAmount(typed.amount), currency, locale)
      : 'all' in typed && all !== undefined
        ? `Full balance: ${formatMoney(all, currency, locale)}`
        : null;
  const { hideLabel, required, first, width } = rest;
  return (
    <TextInput
      label={hideLabel ? undefined : label}
      aria-label={hideLabel && typeof label === 'string' ? label : undefined}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      inputMode={all === undefined ? 'decimal' : 'text'}
      autoComplete="off"
      required={required}
      withAsterisk={false}
      data-autofocus={first || undefined}
      w={width}
      description={understood === null ? (description ?? ' ') : `= ${understood}`}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      error={error ?? ('problem' in typed ? typed.problem : undefined)}
      classNames={{ input: 'tabular' }}
    />
  );
}
