import type { Query, QueryClient } from '@tanstack/react-query';
import type { Change, Heard } from './event-stream';

/** The shortest interval between two refetches. */
const PAUSE_MS = 1_000;

/**
 * Refetches the shown data that may have changed: immediately, then at most once a second, and never while a refetch is
 * pending or the tab is hidden.
 * @param onDemoted called when the user is no longer an owner, so that the page may be forbidden
 */
export function makeAsking(client: QueryClient, onDemoted: () => void) {
  let untold: Heard | null = null;
  let timer: number | undefined;
  let isReauthenticating = false;
  let askedAt = -PAUSE_MS;
  const soon = () => {
    if (timer !== undefined || isReauthenticating || untold === null || document.visibilityState === 'hidden') return;
    timer = window.setTimeout(() => void ask(), askedAt + PAUSE_MS - performance.now());
  };
  const ask = async () => {
    timer = undefined;
    const heard = untold;
    if (heard === null) return;
    untold = null;
    isReauthenticating = true;
    askedAt = performance.now();
    if (heard === 'reset' && (await isDemoted(client))) {
      isReauthenticating = false;
      return onDemoted();
    }
    const predicate = (query: Query) => mayShow(query, heard) && !(heard === 'reset' && isShell(query));
    // A first response that is still pending may predate the change, so its query is refetched once more.
    const isEarly = client.getQueryCache().findAll({ type: 'active', predicate }).some(isFirstOnItsWay);
    await client.invalidateQueries({ predicate });
    isReauthenticating = false;
    if (isEarly) untold = joined(untold, heard);
    soon();
  };
  document.addEventListener('visibilitychange', soon);
  return {
    hear: (heard: Heard) => {
      untold = joined(untold, heard);
      soon();
    },
    stop: () => {
      document.removeEventListener('visibilitychange', soon);
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

const isFirstOnItsWay = ({ state }: Query): boolean => state.fetchStatus === 'fetching' && state.data === undefined;

function joined(before: Heard | null, heard: Heard): Heard {
  if (before === null || before === 'reset' || heard === 'reset') return before === null ? heard : 'reset';
  const members = before.members && heard.members && [...new Set([...before.members, ...heard.members])];
  return { team: heard.team, nouns: [...new Set([...before.nouns, ...heard.nouns])], members };
}

/**
 * Returns true if an event may affect the result of a query. Queries with `meta: { live: false }` are never refetched.
 */
function mayShow({ queryKey, meta }: Query, heard: Heard): boolean {
  if (meta?.['live'] === false) return false;
  if (heard === 'reset') return true;
  const [path, asked] = queryKey as [string[]?, { input?: { memberId?: string | string[] | null } }?];
  const noun = path?.[0];
  const { nouns, members }: Change = heard;
  if (noun === 'rates' || noun === 'invitations') return nouns.includes(noun);
  // Statistics depend only on messages, and their queries are expensive.
  if (noun === 'reports' && !nouns.includes('messages')) return false;
  if (noun === 'account') return nouns.includes('team') || nouns.includes('members');
  const ids = [asked?.input?.memberId ?? []].flat();
  return members === null || ids.length === 0 || ids.some((id) => members.includes(id));
}
