import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { TeamsPage } from '@/components/account/TeamsPage';
import { DataProvider } from '@/components/data';
import { LiveHost } from '@/components/live';
import { AccountShell } from '@/components/shell/AccountShell';
import { personalQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Teams' };

export default async function TeamsRoute() {
  const { trpc, prefetch, state, since } = await personalQueries();
  await prefetch(trpc.account.listSeats.queryOptions());
  return (
    <DataProvider team={null}>
      <HydrationBoundary state={state()}>
        <LiveHost team={null} since={since}>
          <AccountShell>
            <TeamsPage />
          </AccountShell>
        </LiveHost>
      </HydrationBoundary>
    </DataProvider>
  );
}
