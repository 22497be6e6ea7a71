import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { MailboxPage } from '@/components/mailbox/MailboxPage';
import { loadMailboxView, mailboxQuestion } from '@/components/mailbox/search-params';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Mailbox' };

export default async function MailboxRoute({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const view = await loadMailboxView(searchParams);
  const { trpc, prefetch, state } = await visitorQueries();
  await prefetch(trpc.mailbox.browseMails.queryOptions(mailboxQuestion(view)));
  return (
    <HydrationBoundary state={state()}>
      <MailboxPage />
    </HydrationBoundary>
  );
}
