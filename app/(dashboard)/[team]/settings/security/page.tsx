import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { SecuritySettings } from '@/components/team-settings/SecuritySettings';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Security and privacy' };

export default async function SecurityRoute({ params }: { params: Promise<{ team: string }> }) {
  const { trpc, prefetch, state } = await serverQueries((await params).team);
  await prefetch(trpc.team.getSettings.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <SecuritySettings />
    </HydrationBoundary>
  );
}
