'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { createContext, use, useEffect, useEffectEvent, useState, type ReactNode } from 'react';
import { makeRefetcher } from '@/components/live/refetch';
import { subscribeToChanges, type LiveEvent, type LiveState } from '@/components/live/event-stream';

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
  const [state, setState] = useState<LiveState>('connecting');
  const router = useRouter();
  const leave = useEffectEvent(() => router.push(`/${team}`));
  // Fixed at the first paint; the open stream covers pages that are rendered later in this tab.
  const [from] = useState(since);
  useEffect(() => {
    const refetcher = makeRefetcher(client, leave);
    const onEvent = (event: LiveEvent) => {
      if (event === 'reset' || team === null || event.team === team) refetcher.receive(event);
    };
    const stop = subscribeToChanges({ onEvent, onState: setState, since: from });
    return () => {
      stop();
      refetcher.stop();
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
