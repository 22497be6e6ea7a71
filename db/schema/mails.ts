import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns';

/**
 * Emails: the subject in ids and numbers, and the delivery state. Texts and links are generated when the email is sent, so
 * no secret is stored. Not a tenant table: `team_id` is null if the email concerns no team.
 */
export const mails = pgTable(
  'mails',
  {
    id: uuid().primaryKey(),
    teamId: uuid(),
    userId: uuid(),
    memberId: uuid(),
    kind: text().notNull(),
    address: text().notNull(),
    /** The id of the invitation, link, member or transfer concerned. */
    about: uuid(),
    facts: jsonb()
      .$type<Record<string, string | number | boolean | null>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    /** `digested`: not sent separately, but part of the digest `digestId`. */
    state: text({ enum: ['queued', 'digested', 'sent', 'delivered', 'bounced', 'failed'] })
      .notNull()
      .default('queued'),
    attempts: integer().notNull().default(0),
    /** The end of a worker's claim. If it has passed, the worker has died. */
    claimedUntil: instant(),
    /** A key that makes the email unique: an alert's episode and its recipient. */
    once: text(),
    digestId: uuid(),
    provider: text(),
    providerId: text(),
    error: text(),
    createdAt: instant().notNull().defaultNow(),
    sentAt: instant(),
    settledAt: instant(),
  },
  (t) => [
    index('mails_by_team').on(t.teamId, t.id),
    index('mails_by_user').on(t.userId, t.id),
    index('mails_by_digest')
      .on(t.digestId, t.id)
      .where(sql`${t.digestId} IS NOT NULL`),
    index('mails_by_provider').on(t.providerId),
    uniqueIndex('mails_once').on(t.once),
    index('mails_queued')
      .on(t.createdAt)
      .where(sql`${t.state} = 'queued'`),
    // Counts the recent invitations of a team, which are limited.
    index('mails_invitations')
      .on(t.teamId, t.createdAt)
      .where(sql`${t.kind} = 'invitation'`),
    // Recent undelivered emails, for the overview.
    index('mails_lost')
      .on(t.teamId, t.id)
      .where(sql`${t.state} IN ('bounced', 'failed')`),
    check('mails_state', sql`${t.state} IN ('queued', 'digested', 'sent', 'delivered', 'bounced', 'failed')`),
  ],
);

/** The captured emails of the demo. */
export const mailbox = pgTable(
  'mailbox',
  {
    id: uuid().primaryKey(),
    address: text().notNull(),
    subject: text().notNull(),
    html: text().notNull(),
    text: text().notNull(),
    at: instant().notNull().defaultNow(),
  },
  (t) => [index('mailbox_by_address').on(t.address, t.id)],
);
