/** What people are told of by mail and may switch off, each for a team of theirs. */
export const ALERTS = ['team-balance', 'member-balance', 'recharge', 'mail-failed'] as const;
export type Alert = (typeof ALERTS)[number];

/** Which of them reach a member, who is told of its own seat alone. */
export const alertsOf = (role: 'owner' | 'member'): readonly Alert[] =>
  role === 'owner' ? ALERTS : ['member-balance', 'recharge'];

/** What a job is to tell, by ids alone: the job reads how things stand then. */
export type AlertJob =
  | { teamId: string; members: true }
  | { teamId: string; accountId: string }
  | { teamId: string; memberId: string; since: string; transferId: string | null }
  | { teamId: string; mailId: string };
