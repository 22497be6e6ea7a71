import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { TeamsPage } from '@/components/account/TeamsPage';
import { userQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Teams' };

export default async function TeamsRoute() {
  const { trpc, prefetch, state } = await userQueries();
  await prefetch(trpc.account.listMemberships.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <TeamsPage />
    </HydrationBoundary>
  );
}
