/** What is mailed. Each kind has its words in `server/outbound/mail`. */
export const MAIL_KINDS = [
  'invitation',
  'invitation-requested',
  'credit-missing',
  'welcome',
  'role-changed',
  'password-reset',
  'password-changed',
  'sign-up',
  'new-sign-in',
  'two-factor-changed',
  'key-rotated',
  'key-revealed',
  'low-balance',
  'recharge-waiting',
  'recharge-served',
  'mail-failed',
  'alert-digest',
  'member-deleted',
] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

/** Addresses under it are made up by the product itself: nothing is ever mailed to them. */
const MADE_UP = '@members.invalid';

/** Whether an address is somebody's: of `.invalid` (RFC 6761) the demo's own mailbox alone knows any. */
export const canBeMailed = (address: string, way: 'resend' | 'smtp' | 'mailbox' | null): boolean =>
  way !== null && !address.endsWith(MADE_UP) && (way === 'mailbox' || !address.endsWith('.invalid'));

/** The most mails about a team, besides invitations, that an address gets within 24 hours while no user has verified it. */
export const MAILS_TO_UNVERIFIED = 5;

/** So often a mail is tried, over some hours: within the day for which a provider knows its idempotency key. */
export const MAIL_TRIES = 10;

/** So long a worker may be at one mail before it counts as dead. */
export const MAIL_CLAIM_MINUTES = 5;

/** What a provider reports of a mail, found by our id or by its own. */
export type MailEvent = {
  mailId: string | null;
  providerId: string | null;
  state: 'sent' | 'delivered' | 'bounced' | 'failed';
  why?: string;
};
