'use client';

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import type { ReactNode } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { problemOf, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { ShowMore } from '@/components/ui/ShowMore';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { Instant } from '@/components/ui/Instant';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import styles from '@/components/ui/table.module.css';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import type { transferQuestion } from './search-params';
import { TRANSFER_KINDS } from '@/server/domain/billing/ledger/rules';
import { signedAmountOf, sideName } from './labels';

export type Transfer = inferOutput<ReturnType<typeof useTRPC>['transfers']['browseTransfers']>['data'][number];

type Props = {
  question: ReturnType<typeof transferQuestion>;
  onOpen: (transfer: Transfer) => void;
  /** Shown when there are no transfers. */
  empty: ReactNode;
};

/** Lists transfers, newest first, and loads more on request. */
export function TransferTable({ question, onOpen, empty }: Props) {
  const { team } = useShell();
  const list = useInfiniteQuery(
    useTRPC().transfers.browseTransfers.infiniteQueryOptions(question, {
      getNextPageParam: (page) => page.nextCursor,
      placeholderData: keepPreviousData,
    }),
  );
  if (list.isError && !list.data) {
    return <Failed problem={problemOf(list.error)} onRetry={() => void list.refetch()} />;
  }
  if (!list.data) return <TableSkeleton />;
  const rows = list.data.pages.flatMap((page) => page.data);
  if (rows.length === 0) return empty;
  return (
    <>
      <DataTable
        label="Transfers"
        columns={columnsOf(rows, team.currency, onOpen)}
        rows={rows}
        idOf={(transfer) => transfer.id ?? ''}
        nameOf={(transfer) => TRANSFER_KINDS[transfer.kind].label}
        stale={list.isPlaceholderData}
      />
      <ShowMore list={list} shown={rows.length} />
    </>
  );
}

function columnsOf(rows: Transfer[], currency: string, onOpen: (transfer: Transfer) => void): Column<Transfer>[] {
  const decimals = decimalsOf(rows.map(signedAmountOf), currency);
  return [
    {
      id: 'createdAt',
      header: 'When',
      main: true,
      cell: (transfer) => (
        <button type="button" className={styles.open} onClick={() => onOpen(transfer)}>
          <Instant at={transfer.createdAt} />
        </button>
      ),
    },
    { id: 'kind', header: 'Type', cell: (transfer) => <Kind transfer={transfer} /> },
    {
      id: 'way',
      header: 'From → To',
      wide: true,
      cell: (transfer) => {
        const way = `${sideName(transfer.from, transfer.member)} → ${sideName(transfer.to, transfer.member)}`;
        return <span title={way}>{way}</span>;
      },
    },
    {
      id: 'amount',
      header: 'Amount',
      right: true,
      cell: (transfer) => <Money amount={signedAmountOf(transfer)} currency={currency} decimals={decimals} isSigned />,
    },
    {
      id: 'balanceAfter',
      header: 'Balance after',
      right: true,
      cell: ({ balanceAfter: { member, master } }) => {
        const after = member ?? master;
        return after === undefined ? '–' : <Money amount={toMicros(after)} currency={currency} />;
      },
    },
    { id: 'actor', header: 'By', wide: true, cell: ({ actor }) => <span title={actor.name}>{actor.name}</span> },
    { id: 'note', header: 'Note', wide: true, cell: ({ note }) => <span title={note ?? undefined}>{note ?? ''}</span> },
  ];
}

export function Kind({ transfer }: { transfer: Pick<Transfer, 'kind' | 'reversalOf' | 'reversedBy'> }) {
  return (
    <>
      {TRANSFER_KINDS[transfer.kind].label}
      {transfer.reversalOf && <span className="muted"> · Reversal</span>}
      {transfer.reversedBy && <span className="muted"> · Reversed</span>}
    </>
  );
}
