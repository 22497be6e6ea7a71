'use client';

import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { listCurrencies } from '@/server/domain/core/money';
import { useLocale } from '@/components/ui/useLocale';

type CurrencyProps = {
  value?: string;
  /** The first currency of a field that is left to the browser. */
  defaultValue?: string;
  onChange: (currency: string) => void;
  error: ReactNode;
  /** True once money has moved in the currency. */
  isFixed?: boolean;
};

/** Picks an ISO 4217 currency by code or name. */
export function CurrencyField({ onChange, isFixed = false, ...field }: CurrencyProps) {
  const { locale } = useLocale();
  const names = new Intl.DisplayNames(locale, { type: 'currency' });
  return (
    <Select
      label="Currency"
      description={
        isFixed
          ? 'Used for all balances and prices. It can’t be changed because money has moved.'
          : 'Used for all balances and prices. You can change it until money has moved.'
      }
      disabled={isFixed}
      data={listCurrencies()}
      {...field}
      onChange={(currency) => currency !== null && onChange(currency)}
      searchable
      allowDeselect={false}
      nothingFoundMessage="No matching currency"
      renderOption={({ option }) => `${option.value} · ${names.of(option.value) ?? ''}`}
      filter={({ options, search }) =>
        options.filter(
          (option) =>
            'value' in option &&
            `${option.value} ${names.of(option.value) ?? ''}`.toLowerCase().includes(search.trim().toLowerCase()),
        )
      }
    />
  );
}
