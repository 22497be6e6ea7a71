'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { createContext, use, useEffect, useEffectEvent, useMemo, useState, type ReactNode } from 'react';
import { makeAsking } from './live/asking';
import { hearChanges, type Heard, type LiveState } from './live/stream';

export type { Change, LiveState, Noun } from './live/stream';

type Listener = (heard: Heard) => void;

const LiveContext = createContext<{ state: LiveState; listeners: Set<Listener> } | null>(null);

/**
 * Keeps what is shown of a team (null: of the person, whatever the team) as it is, without a reload: what changes is heard,
 * and asked anew.
 * @param since the last word that the answers in the page have seen
 */
export function LiveHost({
  team,
  since = null,
  children,
}: {
  team: string | null;
  since?: string | null;
  children: ReactNode;
}) {
  const client = useQueryClient();
  const [state, say] = useState<LiveState>('connecting');
  const router = useRouter();
  const leave = useEffectEvent(() => router.push(`/${team}`));
  const [listeners] = useState(() => new Set<Listener>());
  // Of the first paint: what a later page of this tab was made from is heard about by then.
  const [from] = useState(since);
  useEffect(() => {
    const asking = makeAsking(client, {
      onAsk: (heard) => listeners.forEach((listener) => listener(heard)),
      onDemoted: leave,
    });
    const hear = (heard: Heard) => {
      if (heard === 'reset' || team === null || heard.team === team) asking.hear(heard);
    };
    const stop = hearChanges({ hear, say, since: from });
    return () => {
      stop();
      asking.stop();
    };
  }, [client, from, listeners, team]);
  const live = useMemo(() => ({ state, listeners }), [state, listeners]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/**
 * Calls back when something of the team has changed, or (`reset`) may have: at most once a second, and only while the tab
 * is seen. What is asked by queries is asked anew without it.
 */
export function useChanges(onChange: Listener): void {
  const { listeners } = useLive();
  const call = useEffectEvent(onChange);
  useEffect(() => {
    const listener: Listener = (heard) => call(heard);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [listeners]);
}

/** Whether what is shown is kept as it is. */
export const useLiveState = (): LiveState => useLive().state;

function useLive() {
  const live = use(LiveContext);
  if (!live) throw new Error('There is no LiveHost above.');
  return live;
}
