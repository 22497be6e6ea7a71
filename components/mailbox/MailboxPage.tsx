'use client';

import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import { useQueryStates } from 'nuqs';
import { problemOf, useTRPC } from '@/components/data';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { Instant } from '@/components/ui/Instant';
import { Empty, PageHead } from '@/components/ui/pieces';
import { SearchField } from '@/components/ui/SearchField';
import tableStyles from '@/components/ui/table.module.css';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import styles from './mailbox.module.css';
import { mailboxQuestion, mailboxView } from './search-params';

type Mail = inferOutput<ReturnType<typeof useTRPC>['mailbox']['browseMails']>['data'][number];

/** The refetch interval; emails appear shortly after their cause. */
const REFETCH_MS = 5_000;

const columns: Column<Mail>[] = [
  {
    id: 'subject',
    header: 'Subject',
    main: true,
    cell: ({ id, subject }) => (
      <Link href={`/mailbox/${id}`} prefetch={false} title={subject}>
        {subject}
      </Link>
    ),
  },
  { id: 'to', header: 'To', wide: true, cell: ({ address }) => <span title={address}>{address}</span> },
  { id: 'at', header: 'Sent', cell: ({ at }) => <Instant at={at} /> },
];

/** Lists all emails that the demo captured, newest first. */
export function MailboxPage() {
  const [view, setView] = useQueryStates(mailboxView, { history: 'replace' });
  const question = useTRPC().mailbox.browseMails.queryOptions(mailboxQuestion(view), {
    placeholderData: keepPreviousData,
    refetchInterval: view.before ? false : REFETCH_MS,
  });
  const result = useQuery(question);
  const mails = result.data;
  return (
    <>
      <PageHead title="Mailbox" />
      <p className={`muted ${styles.lead}`}>Outgoing email is captured here. Anyone can read it.</p>
      <search className={tableStyles.toolbar}>
        <SearchField
          label="Filter by address"
          placeholder="Search recipient…"
          value={view.to}
          onChange={(to) => void setView({ to: to || null, before: null })}
        />
      </search>
      {result.isError && <Failed problem={problemOf(result.error)} onRetry={() => void result.refetch()} />}
      {result.isPending && <TableSkeleton />}
      {mails?.data.length === 0 && <NoMails to={view.to} onClear={() => void setView(null)} />}
      {mails && mails.data.length > 0 && (
        <>
          <DataTable
            label="Emails"
            columns={columns}
            rows={mails.data}
            idOf={({ id }) => id}
            nameOf={({ subject }) => subject}
            stale={result.isPlaceholderData}
          />
          <nav className={styles.pages} aria-label="Pages">
            {view.before && (
              <Button size="xs" variant="default" onClick={() => void setView({ before: null })}>
                Newest
              </Button>
            )}
            {mails.next && (
              <Button size="xs" variant="default" onClick={() => void setView({ before: mails.next })}>
                Older
              </Button>
            )}
          </nav>
        </>
      )}
    </>
  );
}

const NoMails = ({ to, onClear }: { to: string; onClear: () => void }) =>
  to === '' ? (
    <Empty title="No emails yet">Emails appear here, for example after you change a role or rotate an API key.</Empty>
  ) : (
    <Empty
      title="No matching emails"
      action={
        <Button size="xs" variant="default" onClick={onClear}>
          Clear filter
        </Button>
      }
    >
      No email was sent to an address containing “{to}”.
    </Empty>
  );
