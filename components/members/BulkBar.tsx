'use client';

import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sayProblem, useTRPC } from '@/components/data';
import { useDialogs } from '@/components/ui/dialogs';
import tableStyles from '@/components/ui/table.module.css';
import { toast } from '@/components/ui/toast';
import type { BulkCommand } from './labels';
import type { Selection } from './useSelection';
import type { memberFilter } from './search-params';

type Props = {
  selection: Selection;
  filter: ReturnType<typeof memberFilter>;
  /** The number of members that match the filter, on all pages. */
  total: number;
  onPage: number;
};

/** The actions on all selected members. */
export function BulkBar({ selection, filter, total, onPage }: Props) {
  const open = useDialogs();
  const trpc = useTRPC();
  const cache = useQueryClient();
  const [picking, setPicking] = useState(false);
  if (selection.size === 0) return null;
  const start = (run: BulkCommand, title: string) => () =>
    open({
      title: `${title} ${selection.size} ${selection.size === 1 ? 'member' : 'members'}`,
      size: 'lg',
      body: async (onClose) => {
        const { BulkDialog } = await import('./BulkDialog');
        return <BulkDialog run={run} members={selection.rows} onClose={onClose} />;
      },
    });
  const pickAll = async () => {
    setPicking(true);
    try {
      const { data, total: matching } = await cache.fetchQuery(
        trpc.members.pickMembers.queryOptions(filter, { staleTime: 0 }),
      );
      selection.toggle(data, true);
      if (data.length < matching) toast({ message: `Selected the first ${data.length.toLocaleString('en')}.` });
    } catch (error) {
      toast({ message: sayProblem(error), tone: 'bad' });
    } finally {
      setPicking(false);
    }
  };
  return (
    <section className={tableStyles.bulk} aria-label="Selected members">
      <strong className="tabular">{selection.size.toLocaleString('en')} selected</strong>
      <Button size="xs" variant="default" onClick={start('credit', 'Credit')}>
        Credit…
      </Button>
      <Button size="xs" variant="default" onClick={start('debit', 'Debit')}>
        Debit…
      </Button>
      <Button size="xs" variant="default" onClick={start('activate', 'Activate')}>
        Activate
      </Button>
      <Button size="xs" variant="default" onClick={start('deactivate', 'Deactivate')}>
        Deactivate
      </Button>
      {total > onPage && selection.size < total && (
        <Button size="xs" variant="subtle" loading={picking} onClick={() => void pickAll()}>
          Select all {total.toLocaleString('en')}
        </Button>
      )}
      <span className={tableStyles.push} />
      <Button size="xs" variant="subtle" color="gray" onClick={selection.clear}>
        Clear
      </Button>
    </section>
  );
}
