import 'server-only';
import { dehydrate, QueryClient, type DehydratedState, type FetchQueryOptions } from '@tanstack/react-query';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { notFound, redirect } from 'next/navigation';
import { cache } from 'react';
import { askedPath, currentUser, requestOrigin, findPlaceInTeam } from '@/server/auth';
import { newRequestId } from '@/server/domain/core/ids';
import { lastWord } from '@/server/http/live-stream';
import { services } from '@/server/http/services';
import type { ProcedureContext } from './context';
import { ProblemError } from './problem';
import { appRouter } from './router';

/**
 * What a page asks before it is shown, in a team: `await q.prefetch(q.trpc.members.getSeat.queryOptions({ memberId }))`,
 * then `<HydrationBoundary state={q.state()}>`. The layout and the page of one request share it.
 */
export const serverQueries = cache(async (slug: string) => {
  // Before anything is asked: all that was told until then is in the answers.
  const since = lastWord();
  const place = await findPlaceInTeam(slug);
  if (place.ok) return { ...queriesOf({ actor: place.actor, user: place.user, origin: await requestOrigin() }), since };
  if (place.reason === 'none') notFound();
  return place.reason === 'inactive' ? redirect(`/?deactivated=${slug}`) : toSignIn();
});

/** As `serverQueries`, for what is the person's own. */
export const userQueries = cache(async () => {
  const since = lastWord();
  const user = await currentUser();
  return user ? { ...queriesOf({ actor: null, user, origin: await requestOrigin() }), since } : toSignIn();
});

const toSignIn = async (): Promise<never> => redirect(`/sign-in?next=${encodeURIComponent(await askedPath())}`);

/** As `serverQueries`, for a page that anyone may see. */
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
    /** Asks all at once. What does not exist for this person is the page for that; what is only away, the page asks again. */
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
