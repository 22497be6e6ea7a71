'use client';

import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Micros } from '@/server/domain/core/money';
import { formatMoney, readTyped } from './format';
import { useLocale } from '../useLocale';

type Props = {
  label: ReactNode;
  /** The typed text, which the field never changes by itself. */
  value: string;
  onChange: (text: string) => void;
  currency: string;
  /** The amount that "all" stands for; "all" is invalid without it. */
  all?: Micros | undefined;
  description?: ReactNode;
  error?: ReactNode;
  required?: boolean;
  /** Gives the field the focus when its dialog opens. */
  first?: boolean;
  hideLabel?: boolean;
  width?: string;
};

/** A field for an amount: accepts amounts as people type them and shows how it understood them. */
export function AmountField({ value, onChange, currency, all, description, error, label, ...rest }: Props) {
  const { locale } = useLocale();
  const typed = readTyped(value, currency, locale, { all: all !== undefined });
  const understood =
    'amount' in typed
      ? formatMoney(typed.amount, currency, locale)
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
