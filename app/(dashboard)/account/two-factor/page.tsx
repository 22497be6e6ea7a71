import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { TwoFactorPage } from '@/components/account/TwoFactorPage';
import { userQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Two-factor' };

export default async function TwoFactorRoute() {
  const { trpc, prefetch, state } = await userQueries();
  await prefetch(trpc.account.getProfile.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <TwoFactorPage />
    </HydrationBoundary>
  );
}
