import { sql } from 'drizzle-orm';
import {
  check,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, microsColumn, teamId } from './columns';
import { ledgerAccounts } from './ledger';

/**
 * The message log, which is also the dispatcher's queue. Partitioned by month of `id` (a uuid v7 holds its time); the
 * migration adds the PARTITION BY, which drizzle cannot express.
 */
export const messages = pgTable(
  'messages',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    memberId: uuid().notNull(),
    payer: text({ enum: ['master', 'member'] }).notNull(),
    transferId: uuid(),
    recipient: text().notNull(),
    sender: text().notNull(),
    body: text().notNull(),
    country: text().notNull(),
    encoding: text({ enum: ['gsm7', 'ucs2'] }).notNull(),
    segments: smallint().notNull(),
    /** The price of one segment, fixed at acceptance. */
    price: microsColumn().notNull(),
    /** The current charge for the message: 0 after a refund. */
    cost: microsColumn().notNull(),
    status: text({ enum: ['scheduled', 'held', 'queued', 'sent', 'delivered', 'failed', 'cancelled'] }).notNull(),
    errorCode: text(),
    errorDetail: text(),
    reference: text(),
    /** The carrier that the message is queued for, or was handed to. */
    carrier: text(),
    carrierRef: text(),
    /** The attempts to hand it over that did not succeed, oldest first; null without one. */
    attempts: jsonb().$type<Attempt[]>(),
    /** The end of a dispatcher's claim. Afterwards another dispatcher may take the message. */
    claimedUntil: instant(),
    createdAt: instant().notNull(),
    sendAt: instant(),
    sentAt: instant(),
    deliveredAt: instant(),
    failedAt: instant(),
    cancelledAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [ledgerAccounts.teamId, ledgerAccounts.id],
      name: 'messages_member',
    }),
    // One index per filter of the log, so that page ten thousand takes as long as the first.
    index('messages_by_member').on(t.teamId, t.memberId, t.id),
    index('messages_by_status').on(t.teamId, t.status, t.id),
    index('messages_by_member_status').on(t.teamId, t.memberId, t.status, t.id),
    index('messages_by_country').on(t.teamId, t.country, t.id),
    index('messages_by_recipient').on(t.teamId, t.recipient.op('text_pattern_ops'), t.id),
    index('messages_by_beginning').on(t.teamId, sql`left(${t.recipient}, 7)`, t.id),
    index('messages_by_reference')
      .on(t.teamId, t.reference, t.id)
      .where(sql`${t.reference} IS NOT NULL`),
    // One queue per carrier, so that a carrier that is down holds only its own messages.
    index('messages_to_carrier')
      .on(t.carrier, t.teamId, t.id)
      .where(sql`${t.status} = 'queued'`),
    index('messages_sent')
      .on(t.teamId, t.id)
      .where(sql`${t.status} = 'sent'`),
    check(
      'messages_status',
      sql`${t.status} IN ('scheduled', 'held', 'queued', 'sent', 'delivered', 'failed', 'cancelled')`,
    ),
    check('messages_cost', sql`${t.cost} >= 0 AND ${t.price} >= 0 AND ${t.segments} > 0`),
    check('messages_refunded', sql`${t.status} <> 'failed' OR ${t.cost} = 0`),
  ],
);

/** An attempt to hand a message over that did not succeed. `outcome` as the carrier answered it. */
export type Attempt = {
  carrier: string;
  outcome: 'refused' | 'delayed' | 'unknown';
  code: string | null;
  detail: string;
  at: string;
};

/**
 * Months that retention has removed from the log. The log is complete from the end of the last one on; daily sums before it
 * cannot be recalculated.
 */
export const messagesDropped = pgTable('messages_dropped', {
  month: date().primaryKey(),
  droppedAt: instant().notNull().defaultNow(),
});

/** Sums per member, UTC day of creation and country, written in the transaction of the charge. */
export const usageDaily = pgTable(
  'usage_daily',
  {
    teamId: teamId(),
    memberId: uuid().notNull(),
    day: date().notNull(),
    country: text().notNull(),
    messages: integer().notNull(),
    segments: integer().notNull(),
    delivered: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    cost: microsColumn().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.memberId, t.day, t.country] }),
    index('usage_daily_by_day').on(t.teamId, t.day),
    check('usage_daily_sums', sql`${t.messages} >= ${t.delivered} + ${t.failed} AND ${t.cost} >= 0`),
  ],
);

/**
 * The same sums per team, so that a report over ten thousand members costs no more than one over a hundred. Each connection
 * writes its own lane, so that charges do not wait for each other. Only the sum of all lanes is meaningful: it equals the
 * sum of `usage_daily`, but a refund may be in another lane than its charge.
 */
export const usageTeamDaily = pgTable(
  'usage_team_daily',
  {
    teamId: teamId(),
    day: date().notNull(),
    country: text().notNull(),
    lane: smallint().notNull(),
    messages: integer().notNull(),
    segments: integer().notNull(),
    delivered: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    cost: microsColumn().notNull(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.day, t.country, t.lane] })],
);
