import { sql } from 'drizzle-orm';
import { transferActor, type Role } from '@/server/domain/core/actor';
import { enforceReauthentication } from '@/server/domain/core/reauthentication';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { printAmount, type Micros } from '@/server/domain/core/money';
import { may, mayOperate } from '@/server/domain/core/policy';
import { findByReference, findReversible, isReversed, showTransfer } from './read';
import { canBeReversed, failShort, reversalKindOf, type TransferKind } from './rules';
import type {
  CreditMember,
  Debited,
  DebitMember,
  FundSandbox,
  Movement,
  ReverseTransfer,
  SandboxFunding,
  Transfer,
} from './schema';
import type { RechargeState } from '../auto-recharge/rules';
import { recordAudit, runCommand, enqueue, dryRun, publishChange } from '@/server/domain/core/transaction';

/** The arguments of `ledger_post`. `amount` null moves the member's full balance. */
export type Posting = {
  kind: Exclude<TransferKind, 'charge' | 'refund'>;
  memberId: string | null;
  amount: Micros | null;
  /** The actor to record if it is not the acting one: a rule, or the member who promised the credit. */
  by?: {
    actorType: 'user' | 'key' | 'operator' | 'rule';
    actorId: string | null;
    actorName: string;
    actorMember: string | null;
  };
  note?: string | null;
  noteForMember?: string | null;
  reversalOf?: string;
  reference?: string | null;
};

/** The result of a posting. Only `posted` has moved money. */
export type Posted = {
  outcome: 'posted' | 'nothing' | 'short_master' | 'short_reserve' | 'short_member' | 'closed' | 'missing';
  id: string | null;
  amount: Micros;
  master: Micros | null;
  member: Micros | null;
  at: Date;
};

/** The actor of a recharge: the rule, not the sender of the message that caused it. */
export const RULE_ACTOR = {
  actorType: 'rule',
  actorId: null,
  actorName: 'Auto-recharge',
  actorMember: null,
} as const;

type PostedRow = {
  outcome: Posted['outcome'];
  posted_id: string | null;
  posted_amount: string | null;
  master_balance: string | null;
  member_balance: string | null;
  waiting: boolean;
};

/**
 * Posts one transfer with the SQL function `ledger_post`, and queues the job for waiting rules if money reached them. A
 * refusal is returned as an outcome, not thrown.
 */
export async function post(tx: TxContext, posting: Posting): Promise<Posted> {
  const { kind, memberId, amount, by, ...notes } = posting;
  const details = JSON.stringify({ ...(by ?? transferActor(tx.actor)), ...notes, key: tx.tx.key });
  const result = await tx.db.execute<PostedRow>(
    sql`SELECT outcome, posted_id, posted_amount, master_balance, member_balance, waiting
      FROM ledger_post(${tx.actor.teamId}::uuid, ${kind}, ${memberId}::uuid, ${amount}::bigint, ${details}::jsonb, ${tx.at}::timestamptz)`,
  );
  const row = result.rows[0]!;
  if (row.waiting) wakeWaiting(tx);
  if (row.outcome === 'posted') touchMoney(tx, memberId);
  return {
    outcome: row.outcome,
    id: row.posted_id,
    amount: BigInt(row.posted_amount ?? 0),
    master: row.master_balance === null ? null : BigInt(row.master_balance),
    member: row.member_balance === null ? null : BigInt(row.member_balance),
    at: tx.now,
  };
}

/** Publishes that money moved, of a member or (null) of the master balance only. */
export function touchMoney(tx: TxContext, memberId: string | null): void {
  const memberIds = memberId === null ? [] : [memberId];
  publishChange(tx, 'transfers', memberIds);
  publishChange(tx, 'members', memberIds);
}

/** Queues the job that serves the team's waiting rules after the commit, oldest first. */
export function wakeWaiting(tx: TxContext): void {
  enqueue(tx, 'serve-waiting', { teamId: tx.actor.teamId });
}

/**
 * Moves money from the master balance to a member's.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `insufficient_funds` (balance `master`)
 */
export async function creditMember(ctx: Context, input: CreditMember): Promise<Movement> {
  const run = input.dryRun ? dryRun : runCommand;
  return run(ctx, 'money.move', async (tx) =>
    movedBetween(tx, 'credit', input, await postBetween(tx, 'credit', input)),
  );
}

/**
 * Moves money from a member's balance back to the master's; `amount: "all"` moves the full balance, which may be 0.
 * @throws DomainError `owner_required`, `not_found`, `member_deleted`, `insufficient_funds` (balance `member`),
 *   `confirmation_required`
 */
export async function debitMember(ctx: Context, input: DebitMember): Promise<Debited> {
  const run = input.dryRun ? dryRun : runCommand;
  return run(ctx, 'money.move', async (tx) => {
    const posted = await postBetween(tx, 'debit', input);
    if (posted.outcome === 'nothing') return { transfer: null, balances: balancesOf(posted) };
    return movedBetween(tx, 'debit', input, posted);
  });
}

const notesOf = ({ note, noteForMember }: DebitMember) => ({
  note: note ?? null,
  noteForMember: noteForMember ?? null,
});

const postBetween = (tx: TxContext, kind: 'credit' | 'debit', input: DebitMember): Promise<Posted> =>
  post(tx, { kind, memberId: input.memberId, amount: input.amount === 'all' ? null : input.amount, ...notesOf(input) });

async function movedBetween(
  tx: TxContext,
  kind: 'credit' | 'debit',
  input: DebitMember,
  posted: Posted,
): Promise<Movement> {
  mustBePosted(posted, input.amount === 'all' ? 0n : input.amount);
  if (kind === 'debit') await enforceReauthentication(tx, posted.amount);
  recordAudit(tx, {
    action: kind === 'credit' ? 'member.credited' : 'member.debited',
    targetType: 'member',
    targetId: input.memberId,
    after: { amount: printAmount(posted.amount), transferId: posted.id },
  });
  return movementOf(tx, kind, posted, input.memberId, notesOf(input));
}

/**
 * Reverses a credit, a debit or a recharge, fully and once, by the opposite transfer.
 * @throws DomainError `owner_required`, `not_found`, `not_reversible`, `already_reversed`, `member_deleted`,
 *   `insufficient_funds` (the balance that received the money is too low), `confirmation_required`
 */
export async function reverseTransfer(ctx: Context, { transferId, note }: ReverseTransfer): Promise<Movement> {
  return runCommand(ctx, 'money.move', async (tx) => {
    const past = (await findReversible(tx, transferId)) ?? fail('not_found');
    const { kind, memberId, amount } = past;
    if (memberId === null || !canBeReversed(past)) fail('not_reversible');
    // Two reversals of one transfer wait for the lock of the member's account: the second finds the first.
    await lockAccounts(tx, [memberId], false);
    if (await isReversed(tx, transferId)) fail('already_reversed');
    const opposite = reversalKindOf(kind);
    const notes = { note: note ?? null, noteForMember: null, reversalOf: transferId };
    const posted = await post(tx, { kind: opposite, memberId, amount, ...notes });
    mustBePosted(posted, amount);
    if (opposite === 'debit') await enforceReauthentication(tx, amount);
    recordAudit(tx, {
      action: 'transfer.reversed',
      targetType: 'member',
      targetId: memberId,
      before: { transferId },
      after: { amount: printAmount(amount), transferId: posted.id },
    });
    return movementOf(tx, opposite, posted, memberId, notes);
  });
}

type Notes = { note: string | null; noteForMember: string | null; reversalOf?: string };

function movementOf(tx: TxContext, kind: 'credit' | 'debit', posted: Posted, memberId: string, notes: Notes): Movement {
  return { transfer: transferOf(tx, kind, posted, memberId, notes), balances: balancesOf(posted) };
}

const balancesOf = ({ master, member }: Posted): Movement['balances'] => ({
  master: master ?? 0n,
  member: member ?? 0n,
});

/**
 * Throws the error of a refused posting.
 * @param required the requested micros
 * @throws DomainError `not_found`, `member_deleted`, `insufficient_funds`
 */
export function mustBePosted(posted: Posted, required: Micros): void {
  switch (posted.outcome) {
    case 'posted':
      return;
    case 'missing':
      return fail('not_found');
    case 'closed':
      return fail('member_deleted');
    case 'nothing':
    case 'short_member':
      return failShort('member', required, posted.member ?? 0n);
    case 'short_master':
    case 'short_reserve':
      return failShort('master', required, posted.master ?? 0n);
  }
}

/** Returns the transfer just posted without reading it back. It has no id in a dry run. */
function transferOf(tx: TxContext, kind: 'credit' | 'debit', posted: Posted, memberId: string, notes: Notes): Transfer {
  const isCredit = kind === 'credit';
  return showTransfer(
    {
      id: tx.tx.isDryRun ? null : posted.id,
      kind,
      amount: posted.amount,
      debitAfter: isCredit ? posted.master : posted.member,
      creditAfter: isCredit ? posted.member : posted.master,
      payer: 'member',
      memberId,
      messageId: null,
      reversalOf: null,
      ...notes,
      reversedBy: null,
      ...transferActor(tx.actor),
      createdAt: posted.at,
    },
    tx.actor,
    tx.actor.currency,
  );
}

export type FundTeam = { amount: Micros; reference?: string | null; note?: string | null };
export type Funding = { transferId: string; amount: Micros; masterBalance: Micros; repeated: boolean };

/**
 * Adds money from outside to the master balance, once per `reference`. Operator only.
 * @throws DomainError `not_found` for an unknown team
 */
export async function fundTeam(ctx: Context, input: FundTeam): Promise<Funding> {
  return moveOutside(ctx, 'funding', input);
}

/**
 * Pays money out of the master balance, once per `reference`. Operator only.
 * @throws DomainError `insufficient_funds` (balance `master`)
 */
export async function withdrawFromTeam(ctx: Context, input: FundTeam): Promise<Funding> {
  return moveOutside(ctx, 'withdrawal', input);
}

async function moveOutside(ctx: Context, kind: 'funding' | 'withdrawal', input: FundTeam): Promise<Funding> {
  mayOperate(ctx.actor);
  return runCommand(ctx, 'money.move', async (tx) => {
    const reference = input.reference ?? null;
    if (reference !== null) {
      const master = await lockAccounts(tx, [], true);
      const past = await findByReference(tx, kind, reference);
      if (past && past.amount !== input.amount) {
        fail('idempotency_mismatch', {
          detail: `No money moved. The reference ${reference} was used for ${printAmount(past.amount)}. Use a new one.`,
        });
      }
      if (past)
        return {
          transferId: past.id,
          amount: past.amount,
          masterBalance: master.get(tx.actor.teamId)!.balance,
          repeated: true,
        };
    }
    const posted = await post(tx, { kind, memberId: null, amount: input.amount, note: input.note ?? null, reference });
    mustBePosted(posted, input.amount);
    recordAudit(tx, {
      action: kind === 'funding' ? 'team.funded' : 'team.withdrawn',
      targetType: 'team',
      targetId: tx.actor.teamId,
      after: { amount: printAmount(posted.amount), transferId: posted.id, reference },
    });
    return { transferId: posted.id!, amount: posted.amount, masterBalance: posted.master ?? 0n, repeated: false };
  });
}

/**
 * Adds sandbox money to the master balance. In a demo, this takes the place of a payment by card.
 * @throws DomainError `not_found` outside a demo, `owner_required`
 */
export async function fundSandbox(ctx: Context, { amount }: FundSandbox): Promise<SandboxFunding> {
  if (!ctx.demo) fail('not_found', { detail: 'Sandbox funding is available in a demo only.' });
  return runCommand(ctx, 'money.move', async (tx) => {
    const posted = await post(tx, { kind: 'funding', memberId: null, amount, note: 'Sandbox funding' });
    mustBePosted(posted, amount);
    recordAudit(tx, {
      action: 'team.funded',
      targetType: 'team',
      targetId: tx.actor.teamId,
      after: { amount: printAmount(amount), transferId: posted.id },
    });
    return { transferId: posted.id!, amount, masterBalance: posted.master! };
  });
}

export type LockedAccount = { balance: Micros; reserve: Micros; closed: boolean };

/**
 * Locks the accounts of members (ordered by id), then the master account if requested. Every transaction uses this order.
 * Every change of a member holds its account, so that balance and member are judged together.
 * @returns the locked accounts by id; unknown members are missing
 */
export async function lockAccounts(
  tx: TxContext,
  memberIds: string[],
  master: boolean,
): Promise<Map<string, LockedAccount>> {
  const list = `{${memberIds.join(',')}}`;
  const { rows } = await tx.db.execute<{ id: string; balance: string; reserve: string; closed_at: string | null }>(
    sql`SELECT id, balance, reserve, closed_at FROM ledger_lock(${tx.actor.teamId}::uuid, ${list}::uuid[], ${master})`,
  );
  return new Map(
    rows.map((r) => [r.id, { balance: BigInt(r.balance), reserve: BigInt(r.reserve), closed: r.closed_at !== null }]),
  );
}

/** Opens the account of a new member. */
export async function openMemberAccount(tx: TxContext, memberId: string): Promise<void> {
  await tx.db.execute(
    sql`SELECT ledger_open_member(${tx.actor.teamId}::uuid, ${memberId}::uuid, ${tx.at}::timestamptz)`,
  );
}

/** Sets the reserve, the part of the master balance that recharges may not use, and wakes the rules that waited for it. */
export async function setReserve(tx: TxContext, reserve: Micros): Promise<void> {
  may(tx.actor, 'team.change');
  const { rows } = await tx.db.execute<{ waiting: boolean }>(
    sql`SELECT ledger_set_reserve(${tx.actor.teamId}::uuid, ${reserve}::bigint) AS waiting`,
  );
  if (rows[0]?.waiting) wakeWaiting(tx);
}

/** A member, read under the lock of its account, with its auto-recharge rule. */
export type LockedMember = {
  memberId: string;
  balance: Micros;
  role: Role;
  status: 'active' | 'inactive' | 'deleted';
  name: string;
  email: string;
  steppedDown: boolean;
  deletedAt: string | null;
  rule: RechargeState | null;
};

/**
 * Locks a member through its account, so that balance and member are judged together. `withMaster` then also locks the
 * master account, which serializes changes of the team's owners.
 * @throws DomainError `not_found`
 */
export async function lockMember(tx: TxContext, memberId: string, withMaster = false): Promise<LockedMember> {
  const { rows } = await tx.db.execute<{
    member: (Omit<LockedMember, 'balance' | 'memberId'> & { balance: string }) | null;
  }>(
    sql`SELECT member_lock(${tx.actor.teamId}::uuid, ${memberId}::uuid, ${withMaster}, ${tx.at}::timestamptz) AS member`,
  );
  const member = rows[0]?.member;
  if (!member) fail('not_found');
  return { ...member, memberId, balance: BigInt(member.balance) };
}

/**
 * Like `lockMember`, but refuses a deleted member.
 * @throws DomainError `not_found`, `member_deleted`
 */
export async function lockLiveMember(tx: TxContext, memberId: string, withMaster = false): Promise<LockedMember> {
  const member = await lockMember(tx, memberId, withMaster);
  return member.status === 'deleted' ? fail('member_deleted') : member;
}
