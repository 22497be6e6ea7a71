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
  /** Of which messages the numbers beside the names are. */
  among: Omit<inferInput<ReturnType<typeof useTRPC>['messages']['pickSenders']>, 'query'>;
};

/** Picks any number of members, those first who sent the most: the database searches. */
export function MembersPicker({ value, onChange, among }: Props) {
  const { locale } = useLocale();
  const [text, setText] = useState('');
  // Nobody is offered before somebody looks.
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
      // What the database found is what is offered.
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

/** The names of some members by their ids, once they are known. */
export function useMemberNames(ids: string[]): Map<string, string> {
  const trpc = useTRPC();
  return useQueries({
    queries: ids.map((memberId) => trpc.members.getMemberRow.queryOptions({ memberId })),
    combine: (memberships) => new Map(ids.map((id, i) => [id, memberships[i]?.data?.name ?? 'Unknown member'])),
  });
}
