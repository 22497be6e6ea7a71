import { sql } from 'drizzle-orm';
import { bigint, check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, micros, teamId } from './columns';
import { teams } from './teams';

/** A person who signs in. Global: one person may hold seats in several teams. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull(),
  passwordHash: text(),
  /** When the holder used a link mailed to the address. */
  emailProvenAt: instant(),
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
  },
  (t) => [index('sessions_user').on(t.userId)],
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

/** An invitation. Its link is an HMAC over id, version and way, so no secret is stored. */
export const invitations = pgTable(
  'invitations',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    email: text().notNull(),
    name: text(),
    role: text({ enum: ['owner', 'member'] }).notNull(),
    memberId: uuid(),
    status: text({ enum: ['pending', 'accepted', 'declined', 'revoked'] }).notNull(),
    version: integer().notNull().default(1),
    credit: micros(),
    recharge: jsonb(),
    expiresAt: instant().notNull(),
    createdAt: instant().notNull().defaultNow(),
    acceptedAt: instant(),
    invitedBy: uuid().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({ columns: [t.teamId], foreignColumns: [teams.id], name: 'invitations_team' }),
    index('invitations_email').on(t.teamId, t.email),
    check('invitations_credit', sql`${t.credit} > 0`),
  ],
);

/** Which team an invitation belongs to. */
export const invitationLookup = pgTable('invitation_lookup', { id: uuid().primaryKey(), teamId: uuid().notNull() });
