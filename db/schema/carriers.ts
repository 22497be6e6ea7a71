import { boolean, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns';

/**
 * The carriers' own ids of messages, one for each part, by which delivery reports name them. A report may arrive before the
 * id is known here: then the row has no message yet. Not a tenant table, because a report names no team.
 */
export const carrierRefs = pgTable(
  'carrier_refs',
  {
    carrier: text().notNull(),
    ref: text().notNull(),
    teamId: uuid(),
    messageId: uuid(),
    status: text({ enum: ['delivered', 'failed'] }),
    code: text(),
    detail: text(),
    createdAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.carrier, t.ref] }),
    index('carrier_refs_of_message').on(t.teamId, t.messageId),
    index('carrier_refs_by_age').on(t.createdAt),
  ],
);

/** The connection of each carrier as a worker last saw it. */
export const carrierHealth = pgTable(
  'carrier_health',
  {
    carrier: text().notNull(),
    workerId: text().notNull(),
    isConnected: boolean().notNull(),
    detail: text(),
    /** The last change of `isConnected`. */
    since: instant().notNull(),
    checkedAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.carrier, t.workerId] })],
);
