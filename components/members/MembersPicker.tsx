'use client';

import { Loader, MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/components/data';

const OFFERED = 20;

/** Picks any number of members among any number: the database searches. */
export function MembersPicker({ value, onChange }: { value: string[]; onChange: (ids: string[]) => void }) {
  const trpc = useTRPC();
  const [text, setText] = useState('');
  // Nobody is offered before somebody looks.
  const [isNear, setNear] = useState(false);
  const [wanted] = useDebouncedValue(text.trim(), 150);
  const found = useQuery(
    trpc.members.browseMembers.queryOptions(
      { ...(wanted && { query: wanted }), page: 1, pageSize: OFFERED, sort: 'name', direction: 'asc' },
      { placeholderData: keepPreviousData, enabled: isNear },
    ),
  );
  const names = useMemberNames(value);
  const options = new Map((found.data?.data ?? []).map(({ id, name }) => [id, name]));
  for (const [id, name] of names) options.set(id, name);
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
      clearButtonProps={{ 'aria-label': 'Clear the members' }}
      value={value}
      onChange={onChange}
      searchValue={text}
      onSearchChange={setText}
      // What the database found is what is offered.
      filter={({ options: all }) => all}
      data={[...options].map(([id, name]) => ({ value: id, label: name }))}
      nothingFoundMessage={found.isFetching ? <Loader size="xs" /> : 'No member is called that.'}
    />
  );
}

/** The names of some members by their ids, once they are known. */
export function useMemberNames(ids: string[]): Map<string, string> {
  const trpc = useTRPC();
  return useQueries({
    queries: ids.map((memberId) => trpc.members.getSeat.queryOptions({ memberId })),
    combine: (seats) => new Map(ids.map((id, i) => [id, seats[i]?.data?.name ?? 'Unknown member'])),
  });
}
