import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { SessionsPage } from '@/components/account/SessionsPage';
import { userQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Sessions' };

export default async function SessionsRoute() {
  const { trpc, prefetch, state } = await userQueries();
  await prefetch(trpc.account.listSessions.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <SessionsPage />
    </HydrationBoundary>
  );
}
