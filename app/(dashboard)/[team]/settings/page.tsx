import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { GeneralSettings } from '@/components/team-settings/GeneralSettings';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Settings' };

export default async function SettingsRoute({ params }: { params: Promise<{ team: string }> }) {
  const { trpc, prefetch, state } = await serverQueries((await params).team);
  await prefetch(trpc.team.getTeam.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <GeneralSettings />
    </HydrationBoundary>
  );
}
