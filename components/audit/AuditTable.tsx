'use client';

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { problemOf, useTRPC } from '@/components/data';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { useDialogs } from '@/components/ui/dialogs';
import { Failed } from '@/components/ui/Failed';
import { Instant } from '@/components/ui/Instant';
import { ShowMore } from '@/components/ui/ShowMore';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { AuditDetail } from './AuditDetail';
import { AuditAction, type AuditEvent } from './AuditLine';
import styles from './audit.module.css';
import type { auditQuestion } from './search-params';
import { CHANNEL_LABELS } from './labels';

type Props = {
  question: ReturnType<typeof auditQuestion>;
  /** Shown when there are no events. */
  empty: ReactNode;
};

/** Lists audit events, newest first, and loads more on request. */
export function AuditTable({ question, empty }: Props) {
  const open = useDialogs();
  const list = useInfiniteQuery(
    useTRPC().audit.listAuditEvents.infiniteQueryOptions(question, {
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
  const show = (event: AuditEvent) => open({ title: 'Event', side: true, body: () => <AuditDetail event={event} /> });
  return (
    <>
      <DataTable
        label="Audit log"
        columns={columnsOf(show)}
        rows={rows}
        idOf={(event) => event.id}
        nameOf={(event) => event.action}
        stale={list.isPlaceholderData}
      />
      <ShowMore list={list} shown={rows.length} />
    </>
  );
}

const columnsOf = (show: (event: AuditEvent) => void): Column<AuditEvent>[] => [
  {
    id: 'at',
    header: 'When',
    main: true,
    cell: (event) => (
      <button type="button" className={styles.open} onClick={() => show(event)}>
        <Instant at={event.at} />
      </button>
    ),
  },
  { id: 'who', header: 'Actor', wide: true, cell: ({ actor }) => <span title={actor.name}>{actor.name}</span> },
  {
    id: 'what',
    header: 'Action',
    prose: true,
    cell: (event) => (
      <span>
        <AuditAction event={event} />
      </span>
    ),
  },
  { id: 'channel', header: 'Via', cell: ({ channel }) => CHANNEL_LABELS[channel] },
];
