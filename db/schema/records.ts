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
import { bytea, instant, teamId } from './columns';
import { members } from './members';
import { teams } from './teams';

/** Jobs that follow a commit. A relay moves the rows to the job queue; payloads hold ids, never secrets. */
export const outbox = pgTable(
  'outbox',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    task: text().notNull(),
    payload: jsonb().notNull(),
    createdAt: instant().notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.id] })],
);

/** Heartbeats of the job queue's workers, written every few seconds. Not a tenant table, like the queue. */
export const workerHeartbeats = pgTable('worker_heartbeats', {
  workerId: text().primaryKey(),
  startedAt: instant().notNull().defaultNow(),
  beatAt: instant().notNull(),
});

/** The audit log: actor, action, time, address and channel. Append-only. */
export const auditEvents = pgTable(
  'audit_events',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    at: instant().notNull(),
    action: text().notNull(),
    actorType: text().notNull(),
    actorId: text(),
    actorName: text().notNull(),
    channel: text({ enum: ['web', 'api', 'cli', 'system'] }).notNull(),
    address: text(),
    requestId: text(),
    targetType: text().notNull(),
    targetId: text(),
    before: jsonb(),
    after: jsonb(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({ columns: [t.teamId], foreignColumns: [teams.id], name: 'audit_events_team' }),
    index('audit_events_by_target').on(t.teamId, t.targetType, t.targetId, t.id),
    index('audit_events_by_action').on(t.teamId, t.action, t.id),
    // The operator has no id. An index returns rows in order only for an equality, which NULL never satisfies.
    index('audit_events_by_actor').on(t.teamId, sql`coalesce(${t.actorId}, '')`, t.id),
    index('audit_events_by_channel').on(t.teamId, t.channel, t.id),
  ],
);

/** Used `Idempotency-Key`s with their encrypted responses. A response is dropped after 30 days, the key never. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    teamId: teamId(),
    memberId: uuid().notNull(),
    key: text().notNull(),
    requestHash: bytea().notNull(),
    status: smallint().notNull(),
    answer: text(),
    /** The id of the object that the request created, kept after the response is dropped. */
    createdId: text(),
    createdAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.memberId, t.key] }),
    foreignKey({ columns: [t.teamId], foreignColumns: [teams.id], name: 'idempotency_keys_team' }),
    index('idempotency_keys_by_age').on(t.createdAt),
  ],
);

/** Refused sends, counted by member, UTC day and reason. Holds no text and no recipient. */
export const refusals = pgTable(
  'refusals',
  {
    teamId: teamId(),
    memberId: uuid().notNull(),
    day: date().notNull(),
    reason: text().notNull(),
    count: integer().notNull(),
    lastAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.memberId, t.day, t.reason] }),
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [members.teamId, members.id],
      name: 'refusals_member',
    }),
    index('refusals_by_day').on(t.teamId, t.day),
    check('refusals_count', sql`${t.count} > 0`),
  ],
);
