import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { StatisticsPage } from '@/components/statistics/StatisticsPage';
import { loadStatisticsView, usageQuestion } from '@/components/statistics/search-params';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Statistics' };

type Route = { params: Promise<{ team: string }>; searchParams: Promise<SearchParams> };

export default async function StatisticsRoute({ params, searchParams }: Route) {
  const [{ team }, view] = await Promise.all([params, loadStatisticsView(searchParams)]);
  const { trpc, client, prefetch, state } = await serverQueries(team);
  const { me } = await client.fetchQuery(trpc.team.getShell.queryOptions());
  const question = usageQuestion(view, me.role === 'owner' ? null : me.memberId);
  if (question) await prefetch(trpc.reports.browseUsage.queryOptions(question));
  return (
    <HydrationBoundary state={state()}>
      <StatisticsPage />
    </HydrationBoundary>
  );
}
