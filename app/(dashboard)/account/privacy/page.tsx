import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { PrivacyPage } from '@/components/account/PrivacyPage';
import { personalQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Privacy' };

export default async function PrivacyRoute() {
  const { trpc, prefetch, state } = await personalQueries();
  await prefetch(trpc.account.listSeats.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <PrivacyPage />
    </HydrationBoundary>
  );
}
