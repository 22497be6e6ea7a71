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
 * Ledger accounts. A member's account has the member's id, the master account the team's id. Usage, funding and receivable
 * have fixed ids, are never locked and keep no running balance. Only the ledger's SQL functions write here; triggers refuse
 * other writers (see the migration `…_ledger_functions`).
 */
export const ledgerAccounts = pgTable(
  'ledger_accounts',
  {
    teamId: teamId(),
    id: uuid().notNull(),
    kind: text({ enum: ['master', 'member', 'usage', 'funding', 'receivable'] }).notNull(),
    balance: microsColumn(),
    /** The number of the account's last entry; entries are numbered without gaps. */
    version: bigint({ mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** The reserve, on the master account only. Stored here so that the lock of one row covers it. */
    reserve: microsColumn()
      .notNull()
      .default(sql`0`),
    /** The alert threshold, and the time since which the balance is below it. A trigger maintains it and misses no crossing. */
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

/** Transfers. A trigger writes the two entries of each; rows never change. */
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
    /** The acting member. A member sees their own name here, and the team's name for other actors. */
    actorMember: uuid(),
    idempotencyKey: text(),
    createdAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.teamId, t.id] }),
    // References the member's account instead of the member: the posting locks that row anyway, so no second lock is needed.
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

/** Two rows per transfer: leg -1 debits, leg 1 credits. `ledger verify` checks the chain of `balance_after` and `seq`. */
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
