import { HydrationBoundary } from '@tanstack/react-query';
import { DataProvider } from '@/components/data';
import { LiveHost } from '@/components/live';
import { Shell } from '@/components/layout/Shell';
import type { ReactNode } from 'react';
import { serverQueries } from '@/server/trpc/rsc';

export default async function TeamLayout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ team: string }>;
}) {
  const { team } = await params;
  const { trpc, prefetch, state, since } = await serverQueries(team);
  await prefetch(trpc.team.getShell.queryOptions(), trpc.account.listMemberships.queryOptions());
  return (
    <DataProvider key={team} team={team}>
      <HydrationBoundary state={state()}>
        <LiveHost team={team} since={since}>
          <Shell>{children}</Shell>
        </LiveHost>
      </HydrationBoundary>
    </DataProvider>
  );
}
