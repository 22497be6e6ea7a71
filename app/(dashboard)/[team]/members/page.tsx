import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { TeamPage } from '@/components/members/TeamPage';
import { loadMemberView, memberQuestion } from '@/components/members/search-params';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Members' };

type Route = { params: Promise<{ team: string }>; searchParams: Promise<SearchParams> };

export default async function MembersRoute({ params, searchParams }: Route) {
  const [{ team }, view] = await Promise.all([params, loadMemberView(searchParams)]);
  const { trpc, prefetch, state } = await serverQueries(team);
  await prefetch(
    trpc.team.getTeam.queryOptions(),
    trpc.reports.getUsage.queryOptions({}),
    trpc.members.browseMembers.queryOptions(memberQuestion(view)),
  );
  return (
    <HydrationBoundary state={state()}>
      <TeamPage />
    </HydrationBoundary>
  );
}
