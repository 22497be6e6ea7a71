import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  foreignKey,
  index,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, microsColumn, teamId } from './columns';
import { teams } from './teams';

/**
 * One row an account. A member's account has the member's id, the master account the team's id; usage, funding and
 * receivable have the fixed ids of `db/accounts.ts`, are never locked and keep no running balance.
 * Written by the ledger's SQL functions only: guards refuse all else (see the migration `…_ledger_functions`).
 */
export const ledgerAccounts = pgTable(
  'ledger_accounts',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    kind: text({ enum: ['master', 'member', 'usage', 'funding', 'receivable'] }).notNull(),
    balance: microsColumn(),
    /** How many entries the account has: the number of its last one, without gaps. */
    version: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** On the master alone: the floor that recharges may not touch. Here, so that one row's lock decides. */
    reserve: microsColumn()
      .notNull()
      .default(sql`0`),
    /** Below this its holder and the owners are told; since when it is so. Kept by a trigger, so that no crossing is missed. */
    alertBelow: microsColumn(),
    lowSince: instant(),
    closedAt: instant(),
    createdAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    foreignKey({ columns: [t.teamId], foreignColumns: [teams.id], name: 'ledger_accounts_team' }),
    index('ledger_accounts_low')
      .on(t.teamId, t.lowSince, t.id)
      .where(sql`${t.lowSince} IS NOT NULL`),
    check('ledger_accounts_reserve', sql`${t.reserve} >= 0 AND (${t.reserve} = 0 OR ${t.kind} = 'master')`),
    check('ledger_accounts_kind', sql`${t.kind} IN ('master', 'member', 'usage', 'funding', 'receivable')`),
    check('ledger_accounts_running', sql`(${t.kind} IN ('master', 'member')) = (${t.balance} IS NOT NULL)`),
    check('ledger_accounts_floor', sql`${t.balance} >= 0`),
    check('ledger_accounts_closed', sql`${t.closedAt} IS NULL OR ${t.balance} = 0`),
    check('ledger_accounts_master', sql`(${t.kind} = 'master') = (${t.id} = ${t.teamId})`),
  ],
);

/** One movement of money. Its two entries are written by the database itself; no row here ever changes. */
export const transfers = pgTable(
  'transfers',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    kind: text({
      enum: [
        'funding',
        'withdrawal',
        'credit',
        'debit',
        'recharge',
        'charge',
        'refund',
        'closing',
        'opening',
        'funding_refund',
        'dispute',
        'dispute_reversal',
      ],
    }).notNull(),
    debitAccount: uuid().notNull(),
    creditAccount: uuid().notNull(),
    amount: microsColumn().notNull(),
    /** Balance and entry number of each side after this transfer; null on accounts without a running balance. */
    debitAfter: microsColumn(),
    debitSeq: bigint({ mode: 'bigint' }),
    creditAfter: microsColumn(),
    creditSeq: bigint({ mode: 'bigint' }),
    memberId: uuid(),
    messageId: uuid(),
    note: text(),
    noteForMember: text(),
    reversalOf: uuid(),
    reference: text(),
    actorType: text({ enum: ['user', 'key', 'rule', 'operator'] }).notNull(),
    actorId: text(),
    actorName: text().notNull(),
    /** The seat that acted, so that a member is shown its own name and an owner's act as the team's. */
    actorMember: uuid(),
    idempotencyKey: text(),
    createdAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    // The seat's account, not the seat: that row is locked by the posting anyway, so the check costs no second lock.
    foreignKey({
      columns: [t.teamId, t.memberId],
      foreignColumns: [ledgerAccounts.teamId, ledgerAccounts.id],
      name: 'transfers_member',
    }),
    foreignKey({ columns: [t.teamId, t.reversalOf], foreignColumns: [t.teamId, t.id], name: 'transfers_reversal_of' }),
    uniqueIndex('transfers_reversed_once').on(t.teamId, t.reversalOf),
    uniqueIndex('transfers_message_once')
      .on(t.teamId, t.messageId, t.kind)
      .where(sql`${t.messageId} IS NOT NULL`),
    uniqueIndex('transfers_reference_once')
      .on(t.teamId, t.kind, t.reference)
      .where(sql`${t.reference} IS NOT NULL`),
    index('transfers_by_member').on(t.teamId, t.memberId, t.id),
    index('transfers_by_kind').on(t.teamId, t.kind, t.id),
    check('transfers_amount', sql`${t.amount} > 0`),
    check('transfers_two_accounts', sql`${t.debitAccount} <> ${t.creditAccount}`),
    check('transfers_note', sql`char_length(${t.note}) <= 255 AND char_length(${t.noteForMember}) <= 255`),
  ],
);

/** Two rows a transfer: leg -1 gives, leg 1 takes. `balance_after` and `seq` make the chain that `ledger verify` walks. */
export const entries = pgTable(
  'entries',
  {
    teamId: teamId(),
    transferId: uuid().notNull(),
    leg: smallint().notNull(),
    accountId: uuid().notNull(),
    amount: microsColumn().notNull(),
    balanceAfter: microsColumn(),
    seq: bigint({ mode: 'bigint' }),
    createdAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.transferId, t.leg] }),
    uniqueIndex('entries_chain')
      .on(t.teamId, t.accountId, t.seq)
      .where(sql`${t.seq} IS NOT NULL`),
    check('entries_leg', sql`${t.leg} IN (-1, 1) AND sign(${t.amount}) = ${t.leg}`),
  ],
);
