/** What people are told of by mail and may switch off, each for a team of theirs. */
export const ALERTS = ['team-balance', 'member-balance', 'recharge', 'mail-failed'] as const;
export type Alert = (typeof ALERTS)[number];

/** Which of them reach a member, who is told of its own seat alone. */
export const alertsOf = (role: 'owner' | 'member'): readonly Alert[] =>
  role === 'owner' ? ALERTS : ['member-balance', 'recharge'];

/** An alert's job, by ids alone: it reads how things stand when it runs. `by` is the member whose action it follows. */
export type AlertJob =
  | { teamId: string; members: true }
  | { teamId: string; accountId: string }
  | { teamId: string; memberId: string; since: string; transferId: string | null; by?: string | null | undefined }
  | { teamId: string; mailId: string };

/** The mails that alert somebody, and count towards a digest. */
export const ALERT_MAILS = ['low-balance', 'recharge-waiting', 'recharge-served', 'mail-failed'] as const;
export type AlertMail = (typeof ALERT_MAILS)[number];

/** The most alerts that go to one user within an hour as mails of their own; the others wait for a digest. */
export const ALERTS_AN_HOUR = 5;
