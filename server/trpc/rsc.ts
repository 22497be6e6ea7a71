import 'server-only';
import { dehydrate, QueryClient, type DehydratedState, type FetchQueryOptions } from '@tanstack/react-query';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { notFound, redirect } from 'next/navigation';
import { cache } from 'react';
import { askedPath, currentUser, requestOrigin, findPlaceInTeam } from '@/server/auth';
import { newRequestId } from '@/server/domain/core/ids';
import { lastChangeId } from '@/server/http/live-stream';
import { services } from '@/server/http/services';
import type { ProcedureContext } from './context';
import { ProblemError } from './problem';
import { appRouter } from './router';

/**
 * Returns helpers to prefetch queries of a team's page: `await q.prefetch(q.trpc.members.getMember.queryOptions({
 * memberId }))`, then `<HydrationBoundary state={q.state()}>`. The layout and the page of a request share one instance.
 */
export const serverQueries = cache(async (slug: string) => {
  // Read before any query, so that all changes up to this id are in the results.
  const since = lastChangeId();
  const place = await findPlaceInTeam(slug);
  if (place.ok) return { ...queriesOf({ actor: place.actor, user: place.user, origin: await requestOrigin() }), since };
  if (place.reason === 'none') notFound();
  return place.reason === 'inactive' ? redirect(`/?deactivated=${slug}`) : toSignIn();
});

/** Returns prefetch helpers like `serverQueries`, for the user's own data. */
export const userQueries = cache(async () => {
  const since = lastChangeId();
  const user = await currentUser();
  return user ? { ...queriesOf({ actor: null, user, origin: await requestOrigin() }), since } : toSignIn();
});

const toSignIn = async (): Promise<never> => redirect(`/sign-in?next=${encodeURIComponent(await askedPath())}`);

/** Returns prefetch helpers like `serverQueries`, for a public page. */
export const visitorQueries = cache(async () =>
  queriesOf({ actor: null, user: await currentUser(), origin: await requestOrigin() }),
);

function queriesOf(caller: Pick<ProcedureContext, 'actor' | 'user' | 'origin'>) {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: 15_000 } } });
  const ctx = { ...caller, services: services(), requestId: newRequestId(), idempotencyKey: null };
  const trpc = createTRPCOptionsProxy({ router: appRouter, ctx, queryClient: client });
  return {
    trpc,
    client,
    /**
     * Runs all queries at once. A `not_found` shows the not-found page; other failures are left to the browser to
     * retry.
     */
    prefetch: async (...queries: Prefetch[]): Promise<void> => {
      await Promise.all(queries.map((query) => client.fetchQuery(query).catch(giveWay)));
    },
    state: (): DehydratedState => dehydrate(client),
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- whatever the procedure answers
type Prefetch = FetchQueryOptions<any, any, any, any>;

function giveWay(error: unknown): void {
  const code = error instanceof ProblemError ? error.problem.code : null;
  if (code === 'not_found' || code === 'owner_required') notFound();
}
