import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { LAST_MESSAGES, spanQuestion } from '@/components/overview/days';
import { Overview } from '@/components/overview/Overview';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Overview' };

export default async function OverviewRoute({ params }: { params: Promise<{ team: string }> }) {
  const { team } = await params;
  const { trpc, client, prefetch, state } = await serverQueries(team);
  const { me } = await client.fetchQuery(trpc.team.getShell.queryOptions());
  if (me.role === 'owner') {
    await prefetch(trpc.team.getTeam.queryOptions(), trpc.team.getOverview.queryOptions());
  } else {
    await prefetch(
      trpc.members.getMemberRow.queryOptions({ memberId: me.memberId }),
      trpc.reports.getUsage.queryOptions(spanQuestion()),
      trpc.reports.getRefusals.queryOptions({ memberId: me.memberId }),
      trpc.messages.listMessages.queryOptions(LAST_MESSAGES),
    );
  }
  return (
    <HydrationBoundary state={state()}>
      <Overview />
    </HydrationBoundary>
  );
}
