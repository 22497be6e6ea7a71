'use client';

import { Loader, MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import type { inferInput } from '@trpc/tanstack-react-query';
import { useState } from 'react';
import { useTRPC } from '@/components/data';
import { useLocale } from '@/components/ui/useLocale';

type Props = {
  value: string[];
  onChange: (ids: string[]) => void;
  /** The filters of the messages that are counted beside the names. */
  among: Omit<inferInput<ReturnType<typeof useTRPC>['messages']['pickSenders']>, 'query'>;
};

/** Picks any number of members, the most active senders first; the database searches. */
export function MembersPicker({ value, onChange, among }: Props) {
  const { locale } = useLocale();
  const [text, setText] = useState('');
  // Options are fetched only once the field has the focus.
  const [isNear, setNear] = useState(false);
  const [wanted] = useDebouncedValue(text.trim(), 150);
  const found = useQuery(
    useTRPC().messages.pickSenders.queryOptions(
      { ...among, ...(wanted && { query: wanted }) },
      { placeholderData: keepPreviousData, enabled: isNear, meta: { live: false } },
    ),
  );
  const names = useMemberNames(value);
  const offered = found.data?.data ?? [];
  const counts = new Map(offered.map(({ id, messages }) => [id, messages]));
  const options = new Map([...names, ...offered.map(({ id, name }): [string, string] => [id, name])]);
  return (
    <MultiSelect
      size="xs"
      w="14rem"
      aria-label="Members"
      placeholder={value.length === 0 ? 'All members' : ''}
      searchable
      hidePickedOptions
      onFocus={() => setNear(true)}
      clearable
      clearButtonProps={{ 'aria-label': 'Clear members' }}
      value={value}
      onChange={onChange}
      searchValue={text}
      onSearchChange={setText}
      // The database has already filtered the options.
      filter={({ options: all }) => all}
      data={[...options].map(([id, name]) => ({ value: id, label: name }))}
      renderOption={({ option }) => (
        <>
          {option.label}{' '}
          <span className="muted tabular" style={{ marginLeft: 'auto' }}>
            {counts.get(option.value)?.toLocaleString(locale)}
          </span>
        </>
      )}
      nothingFoundMessage={found.isFetching ? <Loader size="xs" /> : 'No matching members'}
    />
  );
}

/** Returns the names of members by their IDs, once they are loaded. */
export function useMemberNames(ids: string[]): Map<string, string> {
  const trpc = useTRPC();
  return useQueries({
    queries: ids.map((memberId) => trpc.members.getMemberRow.queryOptions({ memberId })),
    combine: (memberships) => new Map(ids.map((id, i) => [id, memberships[i]?.data?.name ?? 'Unknown member'])),
  });
}
