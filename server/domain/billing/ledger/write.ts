import { sql } from 'drizzle-orm';
import { transferActor, type Role } from '@/server/domain/core/actor';
import { enforceReauthentication } from '@/server/domain/core/reauthentication';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { printAmount, type Micros } from '@/server/domain/core/money';
import { may, mayOperate } from '@/server/domain/core/policy';
import { findByReference, findReversible, isReversed, showTransfer } from './read';
import { failShort, type TransferKind } from './rules';
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

/** What `ledger_post` is asked. `amount` null takes all that the member has. */
export type Posting = {
  kind: Exclude<TransferKind, 'charge' | 'refund'>;
  memberId: string | null;
  amount: Micros | null;
  /** Who did it, where that is not who acts: a rule, or who had promised it. */
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

/** What came of it. Only `posted` has moved money. */
export type Posted = {
  outcome: 'posted' | 'nothing' | 'short_master' | 'short_reserve' | 'short_member' | 'closed' | 'missing';
  id: string | null;
  amount: Micros;
  master: Micros | null;
  member: Micros | null;
  at: Date;
};

/** A recharge is made by the rule, not by who happened to send. */
export const RULE_SIGNATURE = {
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
 * Posts one transfer (the SQL function `ledger_post` says how), and wakes the waiting rules when money came to where
 * they wait. A refusal is a value.
 */
export async function post(tx: TxContext, posting: Posting): Promise<Posted> {
  const { kind, memberId, amount, by, ...words } = posting;
  const details = JSON.stringify({ ...(by ?? transferActor(tx.actor)), ...words, key: tx.tx.key });
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

/** Money moved: of a member, or (null) of the master alone. */
export function touchMoney(tx: TxContext, memberId: string | null): void {
  const memberIds = memberId === null ? [] : [memberId];
  publishChange(tx, 'transfers', memberIds);
  publishChange(tx, 'members', memberIds);
}

/** After the commit, a job goes through the team's waiting rules, oldest first. */
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
 * Moves money from a member's balance back to the master's; `amount: "all"` takes what there is, which may be nothing.
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

const wordsOf = ({ note, noteForMember }: DebitMember) => ({
  note: note ?? null,
  noteForMember: noteForMember ?? null,
});

const postBetween = (tx: TxContext, kind: 'credit' | 'debit', input: DebitMember): Promise<Posted> =>
  post(tx, { kind, memberId: input.memberId, amount: input.amount === 'all' ? null : input.amount, ...wordsOf(input) });

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
  return movementOf(tx, kind, posted, input.memberId, wordsOf(input));
}

/**
 * Takes a credit, a debit or a recharge back, whole and once, by the opposite transfer.
 * @throws DomainError `owner_required`, `not_found`, `not_reversible`, `already_reversed`, `member_deleted`,
 *   `insufficient_funds` (the balance that would have to give it back is short), `confirmation_required`
 */
export async function reverseTransfer(ctx: Context, { transferId, note }: ReverseTransfer): Promise<Movement> {
  return runCommand(ctx, 'money.move', async (tx) => {
    const past = (await findReversible(tx, transferId)) ?? fail('not_found');
    const { kind, memberId, amount } = past;
    if (
      memberId === null ||
      past.reversalOf !== null ||
      !(kind === 'credit' || kind === 'recharge' || kind === 'debit')
    ) {
      fail('not_reversible');
    }
    // Two reversals of one transfer meet at its seat: the second sees the first.
    await lockAccounts(tx, [memberId], false);
    if (await isReversed(tx, transferId)) fail('already_reversed');
    const back = kind === 'debit' ? 'credit' : 'debit';
    const words = { note: note ?? null, noteForMember: null, reversalOf: transferId };
    const posted = await post(tx, { kind: back, memberId, amount, ...words });
    mustBePosted(posted, amount);
    if (back === 'debit') await enforceReauthentication(tx, amount);
    recordAudit(tx, {
      action: 'transfer.reversed',
      targetType: 'member',
      targetId: memberId,
      before: { transferId },
      after: { amount: printAmount(amount), transferId: posted.id },
    });
    return movementOf(tx, back, posted, memberId, words);
  });
}

type Words = { note: string | null; noteForMember: string | null; reversalOf?: string };

function movementOf(tx: TxContext, kind: 'credit' | 'debit', posted: Posted, memberId: string, words: Words): Movement {
  return { transfer: transferOf(tx, kind, posted, memberId, words), balances: balancesOf(posted) };
}

const balancesOf = ({ master, member }: Posted): Movement['balances'] => ({
  master: master ?? 0n,
  member: member ?? 0n,
});

/**
 * Throws what a refused posting means to the caller.
 * @param required what was asked, in micros
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

/** The transfer just posted, without reading it back. A dry run's has no id. */
function transferOf(tx: TxContext, kind: 'credit' | 'debit', posted: Posted, memberId: string, words: Words): Transfer {
  const gives = kind === 'credit';
  return showTransfer(
    {
      id: tx.tx.isDryRun ? null : posted.id,
      kind,
      amount: posted.amount,
      debitAfter: gives ? posted.master : posted.member,
      creditAfter: gives ? posted.member : posted.master,
      payer: 'member',
      memberId,
      messageId: null,
      reversalOf: null,
      ...words,
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
 * Brings money in from outside, once for each `reference`. The operator's alone.
 * @throws DomainError `not_found` for an unknown team
 */
export async function fundTeam(ctx: Context, input: FundTeam): Promise<Funding> {
  return moveOutside(ctx, 'funding', input);
}

/**
 * Pays money of the master balance out, once for each `reference`. The operator's alone.
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
          detail: `The reference ${reference} was used for ${printAmount(past.amount)}. Use a new one. Nothing was moved.`,
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
 * Brings money of the sandbox to the master: where Purser is there to try, an owner gives himself what there is no card for.
 * @throws DomainError `not_found` anywhere else, `owner_required`
 */
export async function fundSandbox(ctx: Context, { amount }: FundSandbox): Promise<SandboxFunding> {
  if (!ctx.demo) fail('not_found', { detail: 'There is no sandbox funding here.' });
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
 * Locks the accounts of seats (by id), then the master where asked: the one order of the whole system. Whoever changes a
 * seat holds its account, so that money and seat are judged together. Unknown seats are missing from the answer.
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

/** Opens the account of a new seat. */
export async function openMemberAccount(tx: TxContext, memberId: string): Promise<void> {
  await tx.db.execute(
    sql`SELECT ledger_open_member(${tx.actor.teamId}::uuid, ${memberId}::uuid, ${tx.at}::timestamptz)`,
  );
}

/** Sets the floor of the master balance that recharges may not touch, and wakes the rules that waited for it. */
export async function setReserve(tx: TxContext, reserve: Micros): Promise<void> {
  may(tx.actor, 'team.change');
  const { rows } = await tx.db.execute<{ waiting: boolean }>(
    sql`SELECT ledger_set_reserve(${tx.actor.teamId}::uuid, ${reserve}::bigint) AS waiting`,
  );
  if (rows[0]?.waiting) wakeWaiting(tx);
}

/** A seat as it is under the lock of its account, with its rule. */
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
 * Locks a seat: whoever changes one holds its account, so that money and seat are judged together. `withMaster` also
 * locks the master after it, which is where changes of who owns the team meet.
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

/** As `lockMember`, for what a deleted member no longer does. */
export async function lockLiveMember(tx: TxContext, memberId: string, withMaster = false): Promise<LockedMember> {
  const member = await lockMember(tx, memberId, withMaster);
  return member.status === 'deleted' ? fail('member_deleted') : member;
}
