'use client';

import { Loader, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/components/data';
import { countryName } from '@/components/rates/search-params';
import { useLocale } from '@/components/ui/useLocale';
import type { UsageQuestion } from './search-params';

const OFFERED = 100;

type Props = { question: UsageQuestion | null; value: string | null; onChange: (code: string | null) => void };

/** Picks a country to which messages were sent in the range, the most frequent first. */
export function CountryPicker({ question, value, onChange }: Props) {
  const { locale } = useLocale();
  // Options are fetched only once the field has the focus.
  const [isNear, setNear] = useState(false);
  const { from = '', to = '', memberId } = question ?? {};
  const found = useQuery(
    useTRPC().reports.browseUsage.queryOptions(
      {
        from,
        to,
        ...(memberId && { memberId }),
        groupBy: 'country',
        sort: 'messages',
        direction: 'desc',
        pageSize: OFFERED,
      },
      { enabled: isNear && question !== null },
    ),
  );
  const codes = new Set((found.data?.data ?? []).map(({ key }) => key));
  if (value !== null) codes.add(value);
  return (
    <Select
      size="xs"
      w="11rem"
      aria-label="Country"
      placeholder="All countries"
      searchable
      clearable
      onFocus={() => setNear(true)}
      clearButtonProps={{ 'aria-label': 'Clear country' }}
      value={value}
      onChange={onChange}
      data={[...codes].map((code) => ({ value: code, label: countryName(code, locale) }))}
      nothingFoundMessage={found.isFetching ? <Loader size="xs" /> : 'No matching countries'}
    />
  );
}
