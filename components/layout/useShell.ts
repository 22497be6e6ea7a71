'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';

/** Returns the current team and the user's own member in it; available from the first paint. */
export function useShell() {
  return useSuspenseQuery(useTRPC().team.getShell.queryOptions()).data;
}
