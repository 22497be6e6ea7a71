'use client';

import { Loader, MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/components/data';
import { usePlace } from '@/components/ui/usePlace';
import type { Log } from './useLog';

/** Narrows the log to one or many members, each with its number of messages; the database searches. */
export function SenderFilter({ log }: { log: Log }) {
  const trpc = useTRPC();
  const { locale } = usePlace();
  const [text, setText] = useState('');
  // Nobody is offered before somebody looks.
  const [isNear, setNear] = useState(false);
  const [wanted] = useDebouncedValue(text.trim(), 150);
  const { memberId: chosen = [], ...filters } = log.filters;
  const found = useQuery(
    trpc.messages.pickSenders.queryOptions(
      { ...filters, ...(wanted && { query: wanted }) },
      { placeholderData: keepPreviousData, enabled: isNear, meta: { live: false } },
    ),
  );
  const seats = useQueries({ queries: chosen.map((memberId) => trpc.members.getSeat.queryOptions({ memberId })) });
  const counts = new Map(found.data?.data.map(({ id, messages }) => [id, messages]));
  const names = new Map(found.data?.data.map(({ id, name }) => [id, name]));
  for (const [i, id] of chosen.entries()) names.set(id, seats[i]?.data?.name ?? names.get(id) ?? 'Nobody');
  return (
    <MultiSelect
      size="xs"
      miw="12rem"
      maw="24rem"
      aria-label="Members"
      placeholder={chosen.length === 0 ? 'All members' : undefined}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Clear the members' }}
      onFocus={() => setNear(true)}
      value={chosen}
      onChange={(member) => log.narrow({ member })}
      searchValue={text}
      onSearchChange={setText}
      // What the database found is what is offered.
      filter={({ options }) => options}
      data={[...names].map(([value, label]) => ({ value, label }))}
      renderOption={({ option }) => {
        const count = counts.get(option.value);
        return (
          <>
            {option.label}
            {typeof count === 'number' && (
              <span className="muted tabular" style={{ marginLeft: 'auto' }}>
                {count.toLocaleString(locale)}
              </span>
            )}
          </>
        );
      }}
      nothingFoundMessage={found.isFetching ? <Loader size="xs" /> : 'No member is called that.'}
    />
  );
}
