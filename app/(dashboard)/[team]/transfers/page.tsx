import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { TransfersPage } from '@/components/transfers/TransfersPage';
import { loadTransferView, transferQuestion } from '@/components/transfers/search-params';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Transfers' };

type Route = { params: Promise<{ team: string }>; searchParams: Promise<SearchParams> };

export default async function TransfersRoute({ params, searchParams }: Route) {
  const [{ team }, view] = await Promise.all([params, loadTransferView(searchParams)]);
  const { trpc, client, state } = await serverQueries(team);
  await client.prefetchInfiniteQuery(
    trpc.transfers.browseTransfers.infiniteQueryOptions(transferQuestion(view), {
      getNextPageParam: (page) => page.nextCursor,
    }),
  );
  return (
    <HydrationBoundary state={state()}>
      <TransfersPage />
    </HydrationBoundary>
  );
}
