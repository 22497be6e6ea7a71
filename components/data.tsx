'use client';

import { MutationCache, QueryCache, QueryClient, QueryClientProvider, type Query } from '@tanstack/react-query';
import { createTRPCClient, httpBatchLink, httpLink, splitLink, TRPCClientError } from '@trpc/client';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { useState, type ReactNode } from 'react';
import { BATCH_CALLS_MAX } from '@/server/domain/core/limits';
import type { AppRouter, Problem } from '@/server/trpc/router';
import { askForReauthentication } from './ui/confirm';

/** The pages' door to the server: queries and mutations by the names of the API's operations. */
export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

/**
 * What went wrong with a call, as the API's document describes it; undefined when no answer arrived at all. What is wrong
 * with a field is shown at the field, and so does not name it.
 */
export function problemOf(error: unknown): Problem | undefined {
  const problem = error instanceof TRPCClientError ? (error.data as Problem | null) : null;
  const errors = problem?.errors?.map((one) => ({ ...one, detail: withoutName(one.detail) }));
  return problem ? { ...problem, ...(errors && { errors }) } : undefined;
}

/** "`name` must be …" → "Must be …" */
const withoutName = (detail: string): string =>
  detail.replace(/^`[^`]*` (.)/u, (_, first: string) => first.toUpperCase());

/** What went wrong, to a person: what happened, then what to do. Advice that names fields is for who writes programs. */
export function sayProblem(error: unknown): string {
  const problem = problemOf(error);
  if (!problem) return 'No response from the server.';
  if (problem.code === 'invalid_request') return problem.detail;
  if (problem.code === 'confirmation_required') return 'Nothing was changed. You didn’t confirm your identity.';
  const isForPrograms = problem.code === 'owner_required' || problem.detail.includes('`');
  return isForPrograms ? `${problem.title}.` : `${problem.title}. ${problem.detail}`;
}

const ASK_AGAIN = new Set(['unavailable', 'idempotency_in_flight', 'rate_limited']);

/** A limit that holds for longer is told, not waited for. */
const WAIT_MAX_SECONDS = 30;

/** Whether it is not known what became of a call, so that it must be asked again and not called failed. */
export function isUnanswered(error: unknown): boolean {
  const problem = problemOf(error);
  if (problem === undefined) return error instanceof TRPCClientError;
  return ASK_AGAIN.has(problem.code) && (problem.retryAfterSeconds ?? 0) <= WAIT_MAX_SECONDS;
}

const keys = new WeakMap<object, string>();

/** The keys of changes that are being asked for, by what is asked. */
const underWay = new Map<string, string>();

/**
 * The Idempotency-Key of a change: one for each input object. A call that is asked again has the same object, and so
 * moves money once; a form sent anew has a new one. What is asked while the very same is unanswered is no form sent anew
 * but a second click, which came before the first was seen to be under way.
 */
function keyOf(path: string, input: unknown): string {
  const asked = `${path} ${JSON.stringify(input)}`;
  const known = typeof input === 'object' && input !== null ? keys.get(input) : undefined;
  const key = known ?? underWay.get(asked) ?? newKey();
  underWay.set(asked, key);
  if (typeof input === 'object' && input !== null) keys.set(input, key);
  return key;
}

// Not randomUUID: browsers have it on https and localhost alone.
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Requests that are not answered yet, by their keys. */
const sent = new Map<string, Promise<Response>>();

/** Sends a change, once for each key at a time: a second click gets the answer to the first. */
async function askFor(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
  const key = new Headers(init?.headers).get(KEY_FIELD) ?? newKey();
  const answer = sent.get(key) ?? sendChange(key, url, init);
  sent.set(key, answer);
  return (await answer).clone();
}

/**
 * Sends a change, which is under way until it is answered. Where the team asks for reauthentication first, the same change
 * is sent again after that, with the key that it has.
 */
async function sendChange(key: string, ...[url, init]: Parameters<typeof fetch>): Promise<Response> {
  try {
    const response = await fetch(url, init);
    const isAsked = response.status === 403 && (await response.clone().text()).includes(CONFIRMATION_REQUIRED);
    return isAsked && (await askForReauthentication()) ? await fetch(url, init) : response;
  } finally {
    sent.delete(key);
    for (const [asked, its] of underWay) if (its === key) underWay.delete(asked);
  }
}

const KEY_FIELD = 'idempotency-key';
const CONFIRMATION_REQUIRED = '"code":"confirmation_required"';

const URL_OF_DOOR = '/api/trpc';

/** @param team the slug for which is asked; null: for the person alone */
export function clientFor(team: string | null) {
  const headers: Record<string, string> = team === null ? {} : { 'x-purser-team': team };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'mutation',
        true: httpLink({
          url: URL_OF_DOOR,
          headers: ({ op }) => ({ ...headers, [KEY_FIELD]: keyOf(op.path, op.input) }),
          fetch: (url, init) => askFor(url, init as RequestInit),
        }),
        // As POST: what is searched for stands in no URL, and has no longest length. What may take long is asked alone, so
        // that nothing else waits for it.
        false: splitLink({
          condition: ({ context }) => context['alone'] === true,
          true: httpLink({ url: URL_OF_DOOR, headers, methodOverride: 'POST' }),
          false: httpBatchLink({ url: URL_OF_DOOR, headers, methodOverride: 'POST', maxItems: BATCH_CALLS_MAX }),
        }),
      }),
    ],
  });
}

const pause = (count: number): number => Math.min(500 * 2 ** count, 5_000);

const RELOADED = 'purser-reloaded';
const RELOAD_PAUSE_MS = 30_000;

/** What every page of a team asks: not found, there is no seat in it any more. */
const SHELL = 'team.getShell';

let isLeaving = false;

/** By then a page that is left for another is gone. */
const LEFT_MS = 5_000;

/** Says that the person is signing out: what is asked meanwhile is refused, and that is no news. */
export const setLeaving = (leaving: boolean): void => void (isLeaving = leaving);

/**
 * Who is signed out, or has lost the seat or its role, sees what the page then says, not a table that fails. Once: a page
 * that asks for what its reader may not see must not go round in circles. A change that is refused for that says so where
 * it was asked for: what was typed is not lost.
 */
function onGone(error: unknown, { queryKey }: Pick<Query, 'queryKey'>): void {
  const status = problemOf(error)?.status;
  const isMembershipGone = status === 404 && [queryKey[0]].flat().join('.') === SHELL;
  if (isLeaving || (status !== 401 && status !== 403 && !isMembershipGone)) return;
  if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < RELOAD_PAUSE_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  window.location.reload();
}

function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: onGone }),
    mutationCache: new MutationCache({
      // The live stream may tell of the change before its answer is here: a reload then would lose what is said of it.
      onMutate: (_input, { meta }) => (meta?.['leaves'] === true ? setLeaving(true) : undefined),
      onSettled: (_data, _error, _input, _context, { meta }) => {
        if (meta?.['leaves'] === true) window.setTimeout(setLeaving, LEFT_MS, false);
      },
      // Whatever was changed: all that is shown is asked anew, in one request; but not where the page is left for it.
      onSuccess: (_data, _input, _context, { meta }) =>
        meta?.['leaves'] === true ? undefined : client.invalidateQueries(),
    }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        networkMode: 'always',
        retry: (count, error) => count < 3 && isUnanswered(error),
        retryDelay: pause,
      },
      mutations: { networkMode: 'always', retry: (_count, error) => isUnanswered(error), retryDelay: pause },
    },
  });
  return client;
}

/** Gives the pages of one team (null: of the person) their door and their cache. */
export function DataProvider({ team, children }: { team: string | null; children: ReactNode }) {
  const [queryClient] = useState(makeQueryClient);
  const [trpcClient] = useState(() => clientFor(team));
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
