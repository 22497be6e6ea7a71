import type { Query, QueryClient } from '@tanstack/react-query';
import type { Change, LiveEvent } from './event-stream';

/** The shortest interval between two refetches. */
const PAUSE_MS = 1_000;

/**
 * Refetches the shown data that may have changed: immediately, then at most once a second, and never while a refetch is
 * pending or the tab is hidden.
 * @param onDemoted called when the user is no longer an owner, so that the page may be forbidden
 */
export function makeRefetcher(client: QueryClient, onDemoted: () => void) {
  let pending: LiveEvent | null = null;
  let timer: number | undefined;
  let isRefetching = false;
  let refetchedAt = -PAUSE_MS;
  const schedule = () => {
    if (timer !== undefined || isRefetching || pending === null || document.visibilityState === 'hidden') return;
    timer = window.setTimeout(() => void refetch(), refetchedAt + PAUSE_MS - performance.now());
  };
  const refetch = async () => {
    timer = undefined;
    const event = pending;
    if (event === null) return;
    pending = null;
    isRefetching = true;
    refetchedAt = performance.now();
    if (event === 'reset' && (await isDemoted(client))) {
      isRefetching = false;
      return onDemoted();
    }
    const predicate = (query: Query) => isAffected(query, event) && !(event === 'reset' && isShell(query));
    // A first response that is still pending may predate the change, so its query is refetched once more.
    const isEarly = client.getQueryCache().findAll({ type: 'active', predicate }).some(isFirstFetch);
    await client.invalidateQueries({ predicate });
    isRefetching = false;
    if (isEarly) pending = merge(pending, event);
    schedule();
  };
  document.addEventListener('visibilitychange', schedule);
  return {
    receive: (event: LiveEvent) => {
      pending = merge(pending, event);
      schedule();
    },
    stop: () => {
      document.removeEventListener('visibilitychange', schedule);
      clearTimeout(timer);
    },
  };
}

const SHELL = { queryKey: [['team', 'getShell']] };
const isShell = ({ queryKey }: Query): boolean => String(queryKey[0]) === String(SHELL.queryKey[0]);

/** Refetches the user's role first, so that former owners don't query what only owners may see. */
async function isDemoted(client: QueryClient): Promise<boolean> {
  const role = () => {
    const shell = client.getQueryCache().findAll(SHELL)[0]?.state.data as { me?: { role: string } };
    return shell?.me?.role;
  };
  const before = role();
  await client.invalidateQueries(SHELL);
  return before === 'owner' && role() === 'member';
}

const isFirstFetch = ({ state }: Query): boolean => state.fetchStatus === 'fetching' && state.data === undefined;

function merge(before: LiveEvent | null, event: LiveEvent): LiveEvent {
  if (before === null || before === 'reset' || event === 'reset') return before === null ? event : 'reset';
  const members = before.members && event.members && [...new Set([...before.members, ...event.members])];
  return { team: event.team, nouns: [...new Set([...before.nouns, ...event.nouns])], members };
}

/**
 * Returns true if an event may affect the result of a query. Queries with `meta: { live: false }` are never refetched.
 */
function isAffected({ queryKey, meta }: Query, event: LiveEvent): boolean {
  if (meta?.['live'] === false) return false;
  if (event === 'reset') return true;
  const [path, options] = queryKey as [string[]?, { input?: { memberId?: string | string[] | null } }?];
  const noun = path?.[0];
  const { nouns, members }: Change = event;
  if (noun === 'rates' || noun === 'invitations') return nouns.includes(noun);
  // Statistics depend only on messages, and their queries are expensive.
  if (noun === 'reports' && !nouns.includes('messages')) return false;
  if (noun === 'account') return nouns.includes('team') || nouns.includes('members');
  const ids = [options?.input?.memberId ?? []].flat();
  return members === null || ids.length === 0 || ids.some((id) => members.includes(id));
}
