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

/** Members of a team. `user_id` has no foreign key, because users are global and members belong to a tenant. */
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
    /** Set while a former owner who stepped down may take the role back. */
    steppedDownAt: instant(),
    /** The alerts of this team that the user has turned off. */
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
    // The memberships of a user in all teams.
    index('members_by_user')
      .on(t.userId)
      .where(sql`${t.userId} IS NOT NULL AND ${t.status} <> 'deleted'`),
    index('members_external_id').on(t.teamId, t.externalId),
    // The default order of the members page. The collation is created before the tables.
    index('members_by_name')
      .on(t.teamId, sql`lower(${t.name} COLLATE natural_order)`, t.id)
      .where(sql`${t.status} <> 'deleted'`),
    check('members_role', sql`${t.role} IN ('owner', 'member')`),
    check('members_status', sql`${t.status} IN ('active', 'inactive', 'deleted')`),
    check('members_deleted', sql`(${t.status} = 'deleted') = (${t.deletedAt} IS NOT NULL)`),
    check('members_stepped_down', sql`${t.steppedDownAt} IS NULL OR ${t.role} = 'member'`),
  ],
);

/** API keys: an HMAC to find them, and the encrypted key, which an owner can reveal (audited). */
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
    // A member has at most one current key.
    uniqueIndex('api_keys_current')
      .on(t.teamId, t.memberId)
      .where(sql`${t.revokedAt} IS NULL AND ${t.expiresAt} IS NULL`),
  ],
);

/** The team of each key, for lookups without a team. Permissions come from the row in `api_keys`. */
export const keyLookup = pgTable('key_lookup', { digest: bytea().primaryKey(), teamId: uuid().notNull() });
