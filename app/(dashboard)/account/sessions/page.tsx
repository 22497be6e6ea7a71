import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { SessionsPage } from '@/components/account/SessionsPage';
import { personalQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Sessions' };

export default async function SessionsRoute() {
  const { trpc, prefetch, state } = await personalQueries();
  await prefetch(trpc.account.listSessions.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <SessionsPage />
    </HydrationBoundary>
  );
}
