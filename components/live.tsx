'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { createContext, use, useEffect, useEffectEvent, useState, type ReactNode } from 'react';
import { makeAsking } from '@/components/live/refetch';
import { hearChanges, type Heard, type LiveState } from '@/components/live/event-stream';

const LiveContext = createContext<LiveState | null>(null);

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
  // Of the first paint: what a later page of this tab was made from is heard about by then.
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

/** Whether what is shown is kept as it is. */
export function useLiveState(): LiveState {
  const state = use(LiveContext);
  if (!state) throw new Error('There is no LiveHost above.');
  return state;
}
