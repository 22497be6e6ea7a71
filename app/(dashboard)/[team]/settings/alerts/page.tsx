import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { TeamAlertSettings } from '@/components/alerts/TeamAlertSettings';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Alerts' };

export default async function AlertSettingsRoute({ params }: { params: Promise<{ team: string }> }) {
  const { trpc, prefetch, state } = await serverQueries((await params).team);
  await prefetch(trpc.team.getTeam.queryOptions(), trpc.team.getSettings.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <TeamAlertSettings />
    </HydrationBoundary>
  );
}
