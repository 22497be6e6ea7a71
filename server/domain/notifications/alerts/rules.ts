/** The alerts that are emailed. A user can turn each off per team. */
export const ALERTS = ['team-balance', 'member-balance', 'recharge', 'mail-failed'] as const;
export type Alert = (typeof ALERTS)[number];

/** Returns the alerts for a role. A member is alerted only about themself. */
export const alertsOf = (role: 'owner' | 'member'): readonly Alert[] =>
  role === 'owner' ? ALERTS : ['member-balance', 'recharge'];

/** The payload of an alert job: only ids, because it reads the current state when it runs. `by` is the acting member. */
export type AlertJob =
  | { teamId: string; members: true }
  | { teamId: string; accountId: string }
  | { teamId: string; memberId: string; since: string; transferId: string | null; by?: string | null | undefined }
  | { teamId: string; mailId: string };

/** The kinds of email that are alerts and count towards a digest. */
export const ALERT_MAILS = ['low-balance', 'recharge-waiting', 'recharge-served', 'mail-failed'] as const;
export type AlertMail = (typeof ALERT_MAILS)[number];

/** Alerts per user and hour that are sent as separate emails; further ones wait for a digest. */
export const ALERTS_AN_HOUR = 5;
