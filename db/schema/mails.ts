import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns';

/**
 * A mail to one address: what it is about, in ids and figures, and how it stands. Its words and its links are made when it is
 * sent, so no secret is stored. Global, as people are: `team_id` is empty where it is about no team.
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
    /** The invitation, link or transfer that it is about. */
    about: uuid(),
    facts: jsonb()
      .$type<Record<string, string | number | boolean | null>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    /** `digested`: it is no mail of its own, but stands in the digest `digestId`. */
    state: text({ enum: ['queued', 'digested', 'sent', 'delivered', 'bounced', 'failed'] })
      .notNull()
      .default('queued'),
    attempts: integer().notNull().default(0),
    /** While a worker is at it: one that died is known by this having passed. */
    claimedUntil: instant(),
    /** What it tells of, so that it is told once: an alert's episode and who is told. */
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
    // How many invitations a team has mailed lately, which is limited.
    index('mails_invitations')
      .on(t.teamId, t.createdAt)
      .where(sql`${t.kind} = 'invitation'`),
    // What did not arrive lately, for the overview.
    index('mails_lost')
      .on(t.teamId, t.id)
      .where(sql`${t.state} IN ('bounced', 'failed')`),
    check('mails_state', sql`${t.state} IN ('queued', 'digested', 'sent', 'delivered', 'bounced', 'failed')`),
  ],
);

/** The mails of the demo, as they would have left the building. */
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
