import type { inferOutput } from '@trpc/tanstack-react-query';
import type { useTRPC } from '@/components/data';

type Refusals = inferOutput<ReturnType<typeof useTRPC>['reports']['getRefusals']>;
export type RefusalReason = Refusals['data'][number]['reason'];

/** The reasons for which a send is refused. */
export const REFUSAL_LABELS: Record<RefusalReason, string> = {
  insufficient_funds: 'Balance too low',
  no_rate: 'No price for the destination',
  unroutable_number: 'Invalid number',
  invalid_request: 'Invalid request',
  member_inactive: 'Member deactivated',
  team_suspended: 'Team suspended',
};
