import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { MemberPage } from '@/components/members/MemberPage';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Member' };

export default async function MemberRoute({ params }: { params: Promise<{ team: string; id: string }> }) {
  const { team, id: memberId } = await params;
  const { trpc, prefetch, state } = await serverQueries(team);
  await prefetch(
    trpc.members.getMemberRow.queryOptions({ memberId }),
    trpc.reports.getUsage.queryOptions({ memberId }),
    trpc.reports.getRefusals.queryOptions({ memberId }),
  );
  return (
    <HydrationBoundary state={state()}>
      <MemberPage memberId={memberId} />
    </HydrationBoundary>
  );
}
