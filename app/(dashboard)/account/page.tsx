import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { ProfilePage } from '@/components/account/ProfilePage';
import { userQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Profile' };

export default async function ProfileRoute() {
  const { trpc, prefetch, state } = await userQueries();
  await prefetch(trpc.account.getProfile.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <ProfilePage />
    </HydrationBoundary>
  );
}
