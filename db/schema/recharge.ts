import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  date,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, microsColumn, teamId } from './columns';
import { members } from './members';

/** A member's auto-recharge rule. Changed only while the member's ledger account is locked. */
export const rechargeRules = pgTable(
  'recharge_rules',
  {
    teamId: teamId(),
    memberId: uuid().notNull(),
    enabled: boolean().notNull(),
    threshold: microsColumn().notNull(),
    amount: microsColumn(),
    target: microsColumn(),
    capAmount: microsColumn(),
    capPeriod: text({ enum: ['day', 'month'] }),
    waitingSince: instant(),
    reason: text({ enum: ['master_short', 'reserve', 'cap_reached'] }),
    /** Refusals of one episode for the same reason are one event. A recharge or the end of waiting begins a new episode. */
    episode: integer().notNull().default(1),
    lastFiredAt: instant(),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.memberId] }),
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [members.teamId, members.id],
      name: 'recharge_rules_member',
    }),
    index('recharge_rules_waiting')
      .on(t.teamId, t.waitingSince, t.memberId)
      .where(sql`${t.waitingSince} IS NOT NULL`),
    check('recharge_rules_step', sql`(${t.amount} IS NULL) <> (${t.target} IS NULL)`),
    check('recharge_rules_amounts', sql`${t.threshold} >= 0 AND ${t.amount} > 0 AND ${t.capAmount} > 0`),
    check('recharge_rules_target', sql`${t.target} > ${t.threshold}`),
    check('recharge_rules_cap', sql`(${t.capAmount} IS NULL) = (${t.capPeriod} IS NULL)`),
    check('recharge_rules_waiting', sql`(${t.waitingSince} IS NULL) = (${t.reason} IS NULL)`),
  ],
);

/** Recharges per member and UTC day, against which caps are checked. Kept when the rule is deleted. */
export const rechargeTotals = pgTable(
  'recharge_totals',
  { teamId: teamId(), memberId: uuid().notNull(), day: date().notNull(), amount: microsColumn().notNull() },
  (t) => [
    primaryKey({ columns: [t.teamId, t.memberId, t.day] }),
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [members.teamId, members.id],
      name: 'recharge_totals_member',
    }),
  ],
);

/** Recharge events: each recharge and refusal with its reason. */
export const rechargeEvents = pgTable(
  'recharge_events',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    memberId: uuid().notNull(),
    episode: integer().notNull(),
    at: instant().notNull(),
    outcome: text({ enum: ['fired', 'refused'] }).notNull(),
    reason: text({ enum: ['master_short', 'reserve', 'cap_reached', 'member_inactive', 'owner'] }),
    count: integer().notNull().default(1),
    lastAt: instant().notNull(),
    balanceBefore: microsColumn().notNull(),
    charge: microsColumn().notNull(),
    threshold: microsColumn().notNull(),
    /** The amount recharged, or the amount that would have been needed. */
    amount: microsColumn().notNull(),
    transferId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [members.teamId, members.id],
      name: 'recharge_events_member',
    }),
    index('recharge_events_by_member').on(t.teamId, t.memberId, t.id),
    uniqueIndex('recharge_events_episode')
      .on(t.teamId, t.memberId, t.episode, t.reason)
      .where(sql`${t.outcome} = 'refused'`),
  ],
);
