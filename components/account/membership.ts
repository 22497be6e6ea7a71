import type { inferOutput } from '@trpc/tanstack-react-query';
import { useTRPC } from '@/components/data';

export type OwnSeat = inferOutput<ReturnType<typeof useTRPC>['account']['listSeats']>[number];
