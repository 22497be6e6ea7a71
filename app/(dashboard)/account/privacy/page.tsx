import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { PrivacyPage } from '@/components/account/PrivacyPage';
import { DataProvider } from '@/components/data';
import { LiveHost } from '@/components/live';
import { AccountShell } from '@/components/shell/AccountShell';
import { personalQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Privacy' };

export default async function PrivacyRoute() {
  const { trpc, prefetch, state, since } = await personalQueries();
  await prefetch(trpc.account.listSeats.queryOptions());
  return (
    <DataProvider team={null}>
      <HydrationBoundary state={state()}>
        <LiveHost team={null} since={since}>
          <AccountShell>
            <PrivacyPage />
          </AccountShell>
        </LiveHost>
      </HydrationBoundary>
    </DataProvider>
  );
}
