import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { OwnAlerts } from '@/components/alerts/OwnAlerts';
import { userQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Alerts' };

export default async function AlertsRoute() {
  const { trpc, prefetch, state } = await userQueries();
  await prefetch(trpc.account.listAlerts.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <OwnAlerts />
    </HydrationBoundary>
  );
}
