import { HydrationBoundary } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { AccountFrame } from '@/components/account/AccountFrame';
import { DataProvider } from '@/components/data';
import { LiveHost } from '@/components/live';
import { AccountShell } from '@/components/layout/AccountShell';
import { userQueries } from '@/server/trpc/rsc';

/** The layout of the user's own pages, independent of any team. */
export default async function AccountLayout({ children }: { children: ReactNode }) {
  const { trpc, prefetch, state, since } = await userQueries();
  await prefetch(trpc.account.listMemberships.queryOptions());
  return (
    <DataProvider team={null}>
      <HydrationBoundary state={state()}>
        <LiveHost team={null} since={since}>
          <AccountShell>
            <AccountFrame>{children}</AccountFrame>
          </AccountShell>
        </LiveHost>
      </HydrationBoundary>
    </DataProvider>
  );
}
