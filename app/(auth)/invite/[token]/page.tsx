import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { DataProvider } from '@/components/data';
import { InvitePage } from '@/components/joining/InvitePage';
import { guestQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Invitation', referrer: 'no-referrer' };

type Route = { params: Promise<{ token: string }> };

export default async function InviteRoute({ params }: Route) {
  const [{ token }, { trpc, client, state }] = await Promise.all([params, guestQueries()]);
  // A link that is none is told of by the page itself, with what to do.
  await client.prefetchQuery(trpc.joining.readLink.queryOptions({ token }));
  return (
    <DataProvider team={null}>
      <HydrationBoundary state={state()}>
        <InvitePage token={token} />
      </HydrationBoundary>
    </DataProvider>
  );
}
