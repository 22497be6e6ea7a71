import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { AuditPage } from '@/components/audit/AuditPage';
import { auditQuestion, loadAuditView } from '@/components/audit/search-params';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Audit' };

type Route = { params: Promise<{ team: string }>; searchParams: Promise<SearchParams> };

export default async function AuditRoute({ params, searchParams }: Route) {
  const [{ team }, view] = await Promise.all([params, loadAuditView(searchParams)]);
  const { trpc, client, prefetch, state } = await serverQueries(team);
  await Promise.all([
    client.prefetchInfiniteQuery(
      trpc.audit.listAuditEvents.infiniteQueryOptions(auditQuestion(view), {
        getNextPageParam: (page) => page.nextCursor,
      }),
    ),
    prefetch(trpc.audit.pickActors.queryOptions()),
  ]);
  return (
    <HydrationBoundary state={state()}>
      <AuditPage />
    </HydrationBoundary>
  );
}
