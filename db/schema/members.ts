import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  foreignKey,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, teamId } from './columns';
import { teams } from './teams';

/** A seat in a team. `user_id` has no foreign key: people are global, seats belong to a tenant. */
export const members = pgTable(
  'members',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    userId: uuid(),
    name: text().notNull(),
    email: text().notNull(),
    emailGenerated: boolean().notNull().default(false),
    role: text({ enum: ['owner', 'member'] }).notNull(),
    status: text({ enum: ['active', 'inactive', 'deleted'] })
      .notNull()
      .default('active'),
    externalId: text(),
    metadata: jsonb()
      .$type<Record<string, string>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    /** Set while an owner who made himself a member may take the role back. */
    steppedDownAt: instant(),
    /** The alerts of this team that its person does not want by mail. */
    mutedAlerts: text()
      .array()
      .notNull()
      .default(sql`'{}'::text[]`),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
    deletedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({ columns: [t.teamId], foreignColumns: [teams.id], name: 'members_team' }),
    uniqueIndex('members_email')
      .on(t.teamId, t.email)
      .where(sql`${t.status} <> 'deleted'`),
    uniqueIndex('members_user')
      .on(t.teamId, t.userId)
      .where(sql`${t.status} <> 'deleted'`),
    // A person's seats in all teams.
    index('members_by_user')
      .on(t.userId)
      .where(sql`${t.userId} IS NOT NULL AND ${t.status} <> 'deleted'`),
    index('members_external_id').on(t.teamId, t.externalId),
    // The page of members in its first order; the collation is made before the tables.
    index('members_by_name')
      .on(t.teamId, sql`lower(${t.name} COLLATE natural_order)`, t.id)
      .where(sql`${t.status} <> 'deleted'`),
    check('members_role', sql`${t.role} IN ('owner', 'member')`),
    check('members_status', sql`${t.status} IN ('active', 'inactive', 'deleted')`),
    check('members_deleted', sql`(${t.status} = 'deleted') = (${t.deletedAt} IS NOT NULL)`),
    check('members_stepped_down', sql`${t.steppedDownAt} IS NULL OR ${t.role} = 'member'`),
  ],
);

/** API keys: a keyed hash to find them, the key itself sealed for the owner's audited reveal. */
export const apiKeys = pgTable(
  'api_keys',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    memberId: uuid().notNull(),
    digest: bytea().notNull(),
    prefix: text().notNull(),
    last4: text().notNull(),
    sealed: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** The end of a rotated key's overlap; null on the current one. */
    expiresAt: instant(),
    revokedAt: instant(),
    lastUsedAt: instant(),
    lastUsedAddress: text(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [members.teamId, members.id],
      name: 'api_keys_member',
    }),
    uniqueIndex('api_keys_digest').on(t.teamId, t.digest),
    index('api_keys_member').on(t.teamId, t.memberId, t.id),
    // A seat has one current key at most.
    uniqueIndex('api_keys_current')
      .on(t.teamId, t.memberId)
      .where(sql`${t.revokedAt} IS NULL AND ${t.expiresAt} IS NULL`),
  ],
);

/** Which team a key belongs to. The team's own row decides what the key may do. */
export const keyLookup = pgTable('key_lookup', { digest: bytea().primaryKey(), teamId: uuid().notNull() });
