'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { createContext, use, useEffect, useEffectEvent, useState, type ReactNode } from 'react';
import { makeAsking } from '@/components/live/refetch';
import { hearChanges, type Heard, type LiveState } from '@/components/live/event-stream';

const LiveContext = createContext<LiveState | null>(null);

/**
 * Keeps the shown data of a team up to date without a reload: refetches what the live stream reports as changed.
 * @param team the team's slug; null for all data of the user
 * @param since the id of the last event that the server-rendered data includes
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
  // Fixed at the first paint; the open stream covers pages that are rendered later in this tab.
  const [from] = useState(since);
  useEffect(() => {
    const asking = makeAsking(client, leave);
    const hear = (heard: Heard) => {
      if (heard === 'reset' || team === null || heard.team === team) asking.hear(heard);
    };
    const stop = hearChanges({ hear, say, since: from });
    return () => {
      stop();
      asking.stop();
    };
  }, [client, from, team]);
  return <LiveContext value={state}>{children}</LiveContext>;
}

/** Returns the state of the live connection. */
export function useLiveState(): LiveState {
  const state = use(LiveContext);
  if (!state) throw new Error('There is no LiveHost above.');
  return state;
}
