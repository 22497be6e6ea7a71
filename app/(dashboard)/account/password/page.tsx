import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { PasswordPage } from '@/components/account/PasswordPage';
import { userQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Password' };

export default async function PasswordRoute() {
  const { trpc, prefetch, state } = await userQueries();
  await prefetch(trpc.account.getProfile.queryOptions());
  return (
    <HydrationBoundary state={state()}>
      <PasswordPage />
    </HydrationBoundary>
  );
}
