'use client';

import { Loader, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/components/data';

const OFFERED = 20;

type Props = {
  value: string | null;
  onChange: (id: string | null) => void;
  label?: string;
  /** The placeholder while no member is chosen. */
  placeholder?: string;
};

/** Picks one member; the database searches. */
export function MemberPicker({ value, onChange, label = 'Member', placeholder = 'Any member' }: Props) {
  const trpc = useTRPC();
  const [text, setText] = useState('');
  // Options are fetched only once the field has the focus.
  const [isNear, setNear] = useState(false);
  const [wanted] = useDebouncedValue(text.trim(), 150);
  const found = useQuery(
    trpc.members.browseMembers.queryOptions(
      { ...(wanted && { query: wanted }), page: 1, pageSize: OFFERED, sort: 'name', direction: 'asc' },
      { placeholderData: keepPreviousData, enabled: isNear },
    ),
  );
  const chosen = useQuery(
    trpc.members.getMemberRow.queryOptions({ memberId: value ?? '' }, { enabled: value !== null }),
  );
  const options = new Map((found.data?.data ?? []).map(({ id, name }) => [id, name]));
  if (chosen.data) options.set(chosen.data.id, chosen.data.name);
  return (
    <Select
      size="xs"
      w="14rem"
      aria-label={label}
      placeholder={placeholder}
      searchable
      onFocus={() => setNear(true)}
      clearable
      clearButtonProps={{ 'aria-label': 'Clear member' }}
      value={value}
      onChange={onChange}
      searchValue={text}
      onSearchChange={setText}
      // The database has already filtered the options.
      filter={({ options: all }) => all}
      data={[...options].map(([id, name]) => ({ value: id, label: name }))}
      nothingFoundMessage={found.isFetching ? <Loader size="xs" /> : 'No matching members'}
    />
  );
}
