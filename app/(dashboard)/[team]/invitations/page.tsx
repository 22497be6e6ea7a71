import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import type { SearchParams } from 'nuqs/server';
import { InvitationsPage } from '@/components/invitations/InvitationsPage';
import { invitationQuestion, loadInvitationView } from '@/components/invitations/search-params';
import { serverQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Invitations' };

type Route = { params: Promise<{ team: string }>; searchParams: Promise<SearchParams> };

export default async function InvitationsRoute({ params, searchParams }: Route) {
  const [{ team }, view] = await Promise.all([params, loadInvitationView(searchParams)]);
  const { trpc, prefetch, state } = await serverQueries(team);
  await prefetch(trpc.invitations.browseInvitations.queryOptions(invitationQuestion(view)));
  return (
    <HydrationBoundary state={state()}>
      <InvitationsPage />
    </HydrationBoundary>
  );
}
