import type { Query, QueryClient } from '@tanstack/react-query';
import type { Change, Heard } from './stream';

/** What is shown is asked anew at most so often. */
const PAUSE_MS = 1_000;

/**
 * Asks anew what is shown and may have changed: at once, then at most once a second, never while the last asking is
 * unanswered or the tab is hidden. `onAsk` is told for what.
 */
export function makeAsking(client: QueryClient, onAsk: (heard: Heard) => void) {
  let untold: Heard | null = null;
  let timer: number | undefined;
  let isAsking = false;
  let askedAt = -PAUSE_MS;
  const soon = () => {
    if (timer !== undefined || isAsking || untold === null || document.visibilityState === 'hidden') return;
    timer = window.setTimeout(() => void ask(), askedAt + PAUSE_MS - performance.now());
  };
  const ask = async () => {
    timer = undefined;
    const heard = untold;
    if (heard === null) return;
    untold = null;
    isAsking = true;
    askedAt = performance.now();
    onAsk(heard);
    const predicate = (query: Query) => mayShow(query, heard);
    // An answer that was on its way already may be of before the change: it is asked for once more.
    const isEarly = client.getQueryCache().findAll({ type: 'active', predicate }).some(isFirstOnItsWay);
    await client.invalidateQueries({ predicate });
    isAsking = false;
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

const isFirstOnItsWay = ({ state }: Query): boolean => state.fetchStatus === 'fetching' && state.data === undefined;

function joined(before: Heard | null, heard: Heard): Heard {
  if (before === null || before === 'reset' || heard === 'reset') return before === null ? heard : 'reset';
  const members = before.members && heard.members && [...new Set([...before.members, ...heard.members])];
  return { team: heard.team, nouns: [...new Set([...before.nouns, ...heard.nouns])], members };
}

/** Whether what a query asked for may be another now. `meta: { live: false }` is left alone. */
function mayShow({ queryKey, meta }: Query, heard: Heard): boolean {
  if (meta?.['live'] === false) return false;
  if (heard === 'reset') return true;
  const [path, asked] = queryKey as [string[]?, { input?: { memberId?: string | string[] | null } }?];
  const noun = path?.[0];
  const { nouns, members }: Change = heard;
  if (noun === 'rates') return nouns.includes('rates');
  if (noun === 'account') return nouns.includes('team') || nouns.includes('members');
  const ids = [asked?.input?.memberId ?? []].flat();
  return members === null || ids.length === 0 || ids.some((id) => members.includes(id));
}
