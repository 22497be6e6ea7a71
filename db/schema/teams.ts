import { sql } from 'drizzle-orm';
import { boolean, check, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, microsColumn, teamId } from './columns';

/** A tenant. Its money is in `ledger_accounts`, never here. */
export const teams = pgTable(
  'teams',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    slug: text().notNull(),
    currency: text().notNull(),
    status: text({ enum: ['active', 'suspended', 'closed'] })
      .notNull()
      .default('active'),
    defaultSender: text(),
    lowBalance: microsColumn(),
    /** The alert threshold of members' balances. */
    memberLowBalance: microsColumn(),
    /** Days after which message texts are removed; null keeps them as long as the log. */
    textRetentionDays: integer(),
    /** The message before which all due texts are removed. */
    textsRemovedTo: uuid(),
    /** Requires reauthentication before actions that are hard to undo, and before debits above `reauthenticateAbove`. */
    requireReauthentication: boolean().notNull().default(false),
    reauthenticateAbove: microsColumn(),
    samplePrices: boolean().notNull().default(true),
    /** Incremented with each change of the rate card, so that processes can detect a stale cached card. */
    ratesVersion: integer().notNull().default(1),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (t) => [
    check('teams_status', sql`${t.status} IN ('active', 'suspended', 'closed')`),
    check('teams_currency', sql`${t.currency} ~ '^[A-Z]{3}$'`),
    check('teams_low_balance', sql`${t.lowBalance} >= 0 AND ${t.memberLowBalance} >= 0`),
    check('teams_text_retention', sql`${t.textRetentionDays} > 0`),
  ],
);

/** The team of each slug. A separate table, because a UNIQUE without `team_id` is not possible on a tenant table. */
export const teamSlugs = pgTable('team_slugs', { slug: text().primaryKey(), teamId: uuid().notNull() });

/** The team's rate card: price in micros of one segment. An empty country or prefix means "any". */
export const rates = pgTable(
  'rates',
  { teamId: teamId(), country: text().notNull(), prefix: text().notNull(), price: microsColumn().notNull() },
  (t) => [
    primaryKey({ columns: [t.teamId, t.country, t.prefix] }),
    check('rates_price', sql`${t.price} >= 0`),
    check('rates_names_something', sql`${t.country} <> '' OR ${t.prefix} <> ''`),
  ],
);
