import type { inferOutput } from '@trpc/tanstack-react-query';
import type { useTRPC } from '@/components/data';

export type TeamAlerts = inferOutput<ReturnType<typeof useTRPC>['account']['listAlerts']>[number];
export type AlertKind = TeamAlerts['alerts'][number]['kind'];

/** The name of each alert and when it is sent, by the role of its recipient. */
export const ALERT_LABELS: Record<TeamAlerts['role'], Partial<Record<AlertKind, [name: string, when: string]>>> = {
  owner: {
    'team-balance': ['Master balance', 'When it falls below the team’s alert level.'],
    'member-balance': ['Members’ balances', 'When one falls below the team’s alert level.'],
    recharge: ['Auto-recharge', 'When one is blocked, and when it is paid after all.'],
    'mail-failed': ['Undelivered emails', 'When an email to a member or invitee isn’t delivered.'],
  },
  member: {
    'member-balance': ['Balance', 'When yours falls below the team’s alert level.'],
    recharge: ['Auto-recharge', 'When yours is blocked, and when it is paid after all.'],
  },
};
