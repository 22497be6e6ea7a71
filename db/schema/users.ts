import { bigint, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns';

/** Users. Not a tenant table: a user may be a member of several teams. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull(),
  passwordHash: text(),
  /** The time when a link emailed to the address was used. */
  emailProvenAt: instant(),
  /** The encrypted secret of the second factor, in effect from `totpSince`. */
  totpSealed: text(),
  totpSince: instant(),
  /** The last time step whose code was used: each code works once. */
  totpStep: bigint({ mode: 'number' }),
  erasedAt: instant(),
  createdAt: instant().notNull().defaultNow(),
});

/** Sessions: signed-in browsers. Checked on every request, so that signing out takes effect at once. */
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
    /** The time of the last authentication in this session, by password or code. */
    confirmedAt: instant().notNull().defaultNow(),
  },
  (t) => [index('sessions_user').on(t.userId)],
);

/** Recovery codes for users who lost their second factor. Each works once. */
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

/** Emailed links, each valid once. The token is an HMAC over the id, so no secret is stored. */
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
 * Failed sign-ins by account, by address, and by both, counted until `expire` (ms since 1970). The package
 * rate-limiter-flexible prescribes the names and order of the columns.
 */
export const signInTries = pgTable('sign_in_tries', {
  key: text().primaryKey(),
  points: integer().notNull().default(0),
  expire: bigint({ mode: 'number' }),
});
