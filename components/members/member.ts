import type { inferOutput } from '@trpc/tanstack-react-query';
import type { useTRPC } from '@/components/data';

export type Target = Pick<MemberView, 'id' | 'name' | 'role' | 'status' | 'balance'>;

/** A seat as the pages have it. */
export type MemberView = inferOutput<ReturnType<typeof useTRPC>['members']['getMemberRow']>;
