import { bigint, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns';

/** A person who signs in. Global: one person may hold seats in several teams. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull(),
  passwordHash: text(),
  /** When the holder used a link mailed to the address. */
  emailProvenAt: instant(),
  /** The second factor's secret, sealed; it counts from `totpSince` on. */
  totpSealed: text(),
  totpSince: instant(),
  /** The last time step of which a code was taken: a code is good once. */
  totpStep: bigint({ mode: 'number' }),
  erasedAt: instant(),
  createdAt: instant().notNull().defaultNow(),
});

/** A signed-in browser. Checked on every request, so that signing out acts at once. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
    revokedAt: instant(),
    address: text(),
    agent: text(),
    lastSeenAt: instant(),
    /** When the person last proved in it who he is, by password or code. */
    confirmedAt: instant().notNull().defaultNow(),
  },
  (t) => [index('sessions_user').on(t.userId)],
);

/** Codes for who has lost the second factor: each is good once. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    userId: uuid()
      .notNull()
      .references(() => users.id),
    digest: bytea().notNull(),
    usedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.digest] })],
);

/** A link mailed to an address, good once. What stands in it is an HMAC over the id, so no secret is stored. */
export const mailedLinks = pgTable(
  'mailed_links',
  {
    id: uuid().primaryKey(),
    kind: text({ enum: ['reset', 'sign-up'] }).notNull(),
    email: text().notNull(),
    userId: uuid().references(() => users.id),
    address: text(),
    createdAt: instant().notNull().defaultNow(),
    expiresAt: instant().notNull(),
    usedAt: instant(),
  },
  (t) => [index('mailed_links_by_email').on(t.email)],
);

/**
 * Failed sign-ins of an account, of an address, and of both together, counted until `expire` (ms since 1970). The names
 * and the order of the columns are those of the package that counts.
 */
export const signInTries = pgTable('sign_in_tries', {
  key: text().primaryKey(),
  points: integer().notNull().default(0),
  expire: bigint({ mode: 'number' }),
});
