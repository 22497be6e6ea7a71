import type { inferOutput } from '@trpc/tanstack-react-query';
import { useTRPC } from '@/components/data';

export type OwnMembership = inferOutput<ReturnType<typeof useTRPC>['account']['listMemberships']>[number];
