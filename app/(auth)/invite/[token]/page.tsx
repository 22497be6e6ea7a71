import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { InvitePage } from '@/components/invitations/InvitePage';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Invitation', referrer: 'no-referrer' };

type Route = { params: Promise<{ token: string }> };

export default async function InviteRoute({ params }: Route) {
  const [{ token }, { trpc, prefetch, state }] = await Promise.all([params, visitorQueries()]);
  await prefetch(trpc.joining.readLink.queryOptions({ token }));
  return (
    <HydrationBoundary state={state()}>
      <InvitePage token={token} />
    </HydrationBoundary>
  );
}
