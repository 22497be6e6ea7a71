'use client';

import { MutationCache, QueryCache, QueryClient, QueryClientProvider, type Query } from '@tanstack/react-query';
import { createTRPCClient, httpBatchLink, httpLink, splitLink, TRPCClientError } from '@trpc/client';
import { createTRPCContext } from '@trpc/tanstack-react-query';
import { useState, type ReactNode } from 'react';
import { BATCH_CALLS_MAX } from '@/server/domain/core/limits';
import type { AppRouter, Problem } from '@/server/trpc/router';
import { askForReauthentication } from './ui/confirm';

/** The tRPC client of the pages; queries and mutations have the names of the API's operations. */
export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

/**
 * Returns the problem of a failed call as the API describes it, or undefined when no response arrived. Details of field
 * errors leave out the field's name because they are shown at the field.
 */
export function problemOf(error: unknown): Problem | undefined {
  const problem = error instanceof TRPCClientError ? (error.data as Problem | null) : null;
  const errors = problem?.errors?.map((one) => ({ ...one, detail: withoutName(one.detail) }));
  return problem ? { ...problem, ...(errors && { errors }) } : undefined;
}

/** Turns "`name` must be …" into "Must be …". */
const withoutName = (detail: string): string =>
  detail.replace(/^`[^`]*` (.)/u, (_, first: string) => first.toUpperCase());

/**
 * Returns the message that users read for a failed call: what happened, then what to do. Details that name request
 * fields are left out; they help only programmers.
 */
export function sayProblem(error: unknown): string {
  const problem = problemOf(error);
  if (!problem) return 'No response from the server.';
  if (problem.code === 'invalid_request') return problem.detail;
  if (problem.code === 'confirmation_required') return 'Nothing was changed. You didn’t confirm your identity.';
  const isForPrograms = problem.code === 'owner_required' || problem.detail.includes('`');
  return isForPrograms ? `${problem.title}.` : `${problem.title}. ${problem.detail}`;
}

const RETRIED_CODES = new Set(['unavailable', 'idempotency_in_flight', 'rate_limited']);

/** A longer rate limit is shown to the user instead of waited for. */
const WAIT_MAX_SECONDS = 30;

/** Returns true when the outcome of a call is unknown. Such a call is retried and never reported as failed. */
export function isUnanswered(error: unknown): boolean {
  const problem = problemOf(error);
  if (problem === undefined) return error instanceof TRPCClientError;
  return RETRIED_CODES.has(problem.code) && (problem.retryAfterSeconds ?? 0) <= WAIT_MAX_SECONDS;
}

const keys = new WeakMap<object, string>();

/** The idempotency keys of pending changes, by path and input. */
const pendingKeys = new Map<string, string>();

/**
 * Returns the Idempotency-Key of a change. Retries pass the same input object and get the same key, so money moves
 * once; a new submission has a new object and key. An equal input that is still pending is a double click and shares
 * the key.
 */
function keyOf(path: string, input: unknown): string {
  const change = `${path} ${JSON.stringify(input)}`;
  const known = typeof input === 'object' && input !== null ? keys.get(input) : undefined;
  const key = known ?? pendingKeys.get(change) ?? newKey();
  pendingKeys.set(change, key);
  if (typeof input === 'object' && input !== null) keys.set(input, key);
  return key;
}

// `randomUUID` exists only on https and localhost.
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Pending requests, by idempotency key. */
const sent = new Map<string, Promise<Response>>();

/** Sends a change at most once at a time per key; a second click receives the response to the first. */
async function sendOnce(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
  const key = new Headers(init?.headers).get(KEY_FIELD) ?? newKey();
  const answer = sent.get(key) ?? sendChange(key, url, init);
  sent.set(key, answer);
  return (await answer).clone();
}

/**
 * Sends a change and forgets its key once it is answered. If the team requires reauthentication first, the change is
 * sent again with the same key after the user confirms.
 */
async function sendChange(key: string, ...[url, init]: Parameters<typeof fetch>): Promise<Response> {
  try {
    const response = await fetch(url, init);
    const isRefused = response.status === 403 && (await response.clone().text()).includes(CONFIRMATION_REQUIRED);
    return isRefused && (await askForReauthentication()) ? await fetch(url, init) : response;
  } finally {
    sent.delete(key);
    for (const [change, its] of pendingKeys) if (its === key) pendingKeys.delete(change);
  }
}

const KEY_FIELD = 'idempotency-key';
const CONFIRMATION_REQUIRED = '"code":"confirmation_required"';

const TRPC_URL = '/api/trpc';

/**
 * Creates a tRPC client for a team, or for the user's own data.
 * @param team the team's slug; null for the user alone
 */
export function clientFor(team: string | null) {
  const headers: Record<string, string> = team === null ? {} : { 'x-purser-team': team };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'mutation',
        true: httpLink({
          url: TRPC_URL,
          headers: ({ op }) => ({ ...headers, [KEY_FIELD]: keyOf(op.path, op.input) }),
          fetch: (url, init) => sendOnce(url, init as RequestInit),
        }),
        // POST keeps search texts out of URLs and has no length limit. Slow queries are sent alone so that they don't
        // delay a batch.
        false: splitLink({
          condition: ({ context }) => context['alone'] === true,
          true: httpLink({ url: TRPC_URL, headers, methodOverride: 'POST' }),
          false: httpBatchLink({ url: TRPC_URL, headers, methodOverride: 'POST', maxItems: BATCH_CALLS_MAX }),
        }),
      }),
    ],
  });
}

const pause = (count: number): number => Math.min(500 * 2 ** count, 5_000);

const RELOADED = 'purser-reloaded';
const RELOAD_PAUSE_MS = 30_000;

/** The query that every page of a team makes; a 404 means that the user is no longer a member. */
const SHELL = 'team.getShell';

let isLeaving = false;

/** By then, the page that was navigated away from is gone. */
const LEFT_MS = 5_000;

/** Marks the page as being left: errors of its pending calls are expected and ignored. */
export const setLeaving = (leaving: boolean): void => void (isLeaving = leaving);

/**
 * Reloads the page once when the user is signed out or lost access, so that they see the page's own message instead of
 * a failed table. A failed change never reloads, because that would lose the typed text.
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
      // The live stream can report the change before its response arrives; a reload then would lose the confirmation.
      onMutate: (_input, { meta }) => (meta?.['leaves'] === true ? setLeaving(true) : undefined),
      onSettled: (_data, _error, _input, _context, { meta }) => {
        if (meta?.['leaves'] === true) window.setTimeout(setLeaving, LEFT_MS, false);
      },
      // Any change invalidates everything that is shown, in one request, unless the page is being left.
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

/** Provides the tRPC client and the query cache of one team, or of the user when `team` is null. */
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
