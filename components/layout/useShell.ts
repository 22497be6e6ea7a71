'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';

/** The team and the person's seat in it, as they are now; every page has them from its first paint. */
export function useShell() {
  return useSuspenseQuery(useTRPC().team.getShell.queryOptions()).data;
}
