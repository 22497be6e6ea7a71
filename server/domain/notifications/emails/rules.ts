/** The kinds of email. */
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

/** The domain of generated addresses, to which nothing is ever sent. */
const GENERATED_DOMAIN = '@members.invalid';

/** Returns whether an email can be sent to an address. Only the demo's mailbox accepts `.invalid` addresses (RFC 6761). */
export const canBeMailed = (address: string, way: 'resend' | 'smtp' | 'mailbox' | null): boolean =>
  way !== null && !address.endsWith(GENERATED_DOMAIN) && (way === 'mailbox' || !address.endsWith('.invalid'));

/** Emails about a team, besides invitations, that an address gets within 24 hours while no user has verified it. */
export const MAILS_TO_UNVERIFIED = 5;

/** Attempts to send an email, spread over some hours, within the day for which providers store the idempotency key. */
export const MAIL_TRIES = 10;

/** Minutes after which a claimed email is free again, because its worker must have died. */
export const MAIL_CLAIM_MINUTES = 5;

/** A provider's report on an email, identified by our id or by the provider's. */
export type MailEvent = {
  mailId: string | null;
  providerId: string | null;
  state: 'sent' | 'delivered' | 'bounced' | 'failed';
  why?: string;
};
