import type { inferOutput } from '@trpc/tanstack-react-query';
import type { useTRPC } from '@/components/data';

export type Target = Pick<MemberView, 'id' | 'name' | 'role' | 'status' | 'balance'>;

/** A member as the pages receive it. */
export type MemberView = inferOutput<ReturnType<typeof useTRPC>['members']['getMemberRow']>;
