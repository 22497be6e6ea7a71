import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { MessagesPage } from '@/components/messages/MessagesPage';
import { loadLogView, logFilters, logQuestion } from '@/components/messages/search-params';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Messages' };

type Route = { params: Promise<{ team: string }>; searchParams: Promise<SearchParams> };

export default async function MessagesRoute({ params, searchParams }: Route) {
  const [{ team }, view] = await Promise.all([params, loadLogView(searchParams)]);
  const { trpc, client, state } = await serverQueries(team);
  // The page itself shows the error of an invalid query, so the prefetch ignores it.
  await Promise.all([
    client.prefetchQuery(trpc.messages.browseMessages.queryOptions(logQuestion(view))),
    client.prefetchQuery(trpc.messages.browseFacets.queryOptions(logFilters(view))),
    ...view.member.map((memberId) => client.prefetchQuery(trpc.members.getMemberRow.queryOptions({ memberId }))),
    ...(view.open ? [client.prefetchQuery(trpc.messages.inspectMessage.queryOptions({ messageId: view.open }))] : []),
  ]);
  return (
    <HydrationBoundary state={state()}>
      <MessagesPage />
    </HydrationBoundary>
  );
}
