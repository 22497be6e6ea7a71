import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { PrivacyPage } from '@/components/account/PrivacyPage';
import { userQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Privacy' };

export default async function PrivacyRoute() {
  const { trpc, prefetch, state } = await userQueries();
  await prefetch(trpc.account.listMemberships.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <PrivacyPage />
    </HydrationBoundary>
  );
}
