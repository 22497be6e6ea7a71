import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { OwnAlerts } from '@/components/alerts/OwnAlerts';
import { DataProvider } from '@/components/data';
import { LiveHost } from '@/components/live';
import { AccountShell } from '@/components/shell/AccountShell';
import { personalQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Alerts' };

export default async function AlertsRoute() {
  const { trpc, prefetch, state, since } = await personalQueries();
  await prefetch(trpc.account.listSeats.queryOptions(), trpc.account.listAlerts.queryOptions());
  return (
    <DataProvider team={null}>
      <HydrationBoundary state={state()}>
        <LiveHost team={null} since={since}>
          <AccountShell>
            <OwnAlerts />
          </AccountShell>
        </LiveHost>
      </HydrationBoundary>
    </DataProvider>
  );
}
