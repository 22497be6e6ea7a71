'use client';

import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { problemOf, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { DataTable } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { Empty } from '@/components/ui/pieces';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { LogHistogram } from './LogHistogram';
import { LogPager } from './LogPager';
import { LogToolbar } from './LogToolbar';
import { messageColumns } from './columns';
import styles from './messages.module.css';
import { NO_FILTERS, useLog, type Log } from './useLog';
import { logQuestion } from './search-params';
import { knownToSums } from '@/server/domain/messaging/message-log/rules';

const MessageDrawer = dynamic(() => import('./MessageDrawer').then((file) => file.MessageDrawer), { ssr: false });

/** The refetch interval of counts that the daily sums cannot answer; each one counts the messages themselves. */
const COUNTED_MS = 15_000;

/**
 * Lists messages with filters, counts and live updates.
 * @param member the ID of the only member to show; null for all messages the user may see
 */
export function MessageLog({ member = null }: { member?: string | null }) {
  const trpc = useTRPC();
  const { team, me } = useShell();
  const log = useLog(member);
  const isKnown = knownToSums(log.filters);
  const facets = useQuery(
    trpc.messages.browseFacets.queryOptions(log.filters, {
      placeholderData: keepPreviousData,
      ...(!isKnown && { meta: { live: false }, refetchInterval: COUNTED_MS, trpc: { context: { alone: true } } }),
    }),
  );
  const page = useQuery(
    trpc.messages.browseMessages.queryOptions(logQuestion(log.view), { placeholderData: keepPreviousData }),
  );
  const hasMembers = me.role === 'owner' && member === null;
  // Counts start at the first message: if the range starts exactly where it was asked to, there are earlier messages.
  const isFirst = facets.data?.total === 0 && facets.data.from !== log.filters.from;
  const hasSent = log.isFiltered || !isFirst;
  const columns = messageColumns(page.data?.data ?? [], team, { hasMembers, onOpen: log.show });
  return (
    <>
      <LogToolbar log={log} facets={facets.data} hasMembers={hasMembers} />
      <LogHistogram log={log} facets={facets.data} />
      {page.isError && <FailedLog error={page.error} log={log} onRetry={() => void page.refetch()} />}
      {page.isPending && <TableSkeleton />}
      {page.data && <LogPager log={log} page={page.data} total={facets.data?.total} />}
      {page.data && page.data.data.length > 0 && (
        <DataTable
          label="Messages"
          columns={columns}
          rows={page.data.data}
          idOf={({ id }) => id}
          nameOf={({ to }) => to}
          stale={page.isPlaceholderData}
        />
      )}
      {page.data?.data.length === 0 && <Nothing log={log} hasSent={hasSent} />}
      {log.view.open !== null && <MessageDrawer log={log} rows={page.data?.data ?? []} />}
    </>
  );
}

function FailedLog({ error, log, onRetry }: { error: unknown; log: Log; onRetry: () => void }) {
  const problem = problemOf(error);
  if (problem?.code !== 'invalid_cursor') return <Failed problem={problem} onRetry={onRetry} />;
  return (
    <Empty
      title="Invalid page"
      action={
        <Button variant="default" onClick={() => log.go(null)}>
          Go to newest messages
        </Button>
      }
    >
      The page in the address doesn’t match its filters.
    </Empty>
  );
}

function Nothing({ log, hasSent }: { log: Log; hasSent: boolean }) {
  if (!hasSent) {
    return <Empty title="No messages yet">Messages appear here with price and delivery status.</Empty>;
  }
  const isAll = log.view.days === 'all' && log.view.from === null && log.view.to === null;
  return (
    <Empty
      title="No matching messages"
      action={
        <div className={styles.ways}>
          {!isAll && <Button onClick={() => log.narrow({ days: 'all', from: null, to: null })}>Search all time</Button>}
          <Button variant="default" onClick={() => log.narrow(NO_FILTERS)}>
            Clear filters
          </Button>
        </div>
      }
    >
      {isAll ? 'No stored message matches these filters.' : 'No message in this period matches these filters.'}
    </Empty>
  );
}
