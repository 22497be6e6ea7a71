import { fail } from '@/server/domain/core/errors';
import { printId } from '@/server/domain/core/ids';
import { printAmount, type Micros } from '@/server/domain/core/money';
import type { Actor } from '@/server/domain/core/actor';
import type { Transfer } from './schema';

export const TRANSFER_KINDS = [
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
] as const;
export type TransferKind = (typeof TRANSFER_KINDS)[number];

export const NOTE_MAX = 255;

/** A row of `transfers` with what its reader needs beside it. */
export type TransferRow = {
  id: string | null;
  kind: TransferKind;
  amount: bigint;
  debitAfter: bigint | null;
  creditAfter: bigint | null;
  payer: 'master' | 'member';
  memberId: string | null;
  messageId: string | null;
  note: string | null;
  noteForMember: string | null;
  reversalOf: string | null;
  reversedBy: string | null;
  actorType: 'user' | 'key' | 'rule' | 'operator';
  actorId: string | null;
  actorName: string;
  actorMember: string | null;
  createdAt: Date;
};

/** From where to where each kind moves money; `payer` stands for the account that pays (or paid) a message. */
const SIDES = {
  funding: ['funding', 'master'],
  opening: ['funding', 'master'],
  withdrawal: ['master', 'funding'],
  credit: ['master', 'member'],
  recharge: ['master', 'member'],
  debit: ['member', 'master'],
  closing: ['member', 'master'],
  charge: ['payer', 'usage'],
  refund: ['usage', 'payer'],
  funding_refund: ['master', 'funding'],
  dispute: ['master', 'funding'],
  dispute_reversal: ['funding', 'master'],
} as const satisfies Record<TransferKind, readonly [string, string]>;

/**
 * A transfer as `viewer` may see it. To a member: its own balance alone, as the note what was meant for it, and the
 * team's name for what another did (product rule "who may do what").
 */
export function showTransfer(row: TransferRow, viewer: Actor, currency: string): Transfer {
  const [debit, credit] = SIDES[row.kind];
  const from = debit === 'payer' ? row.payer : debit;
  const to = credit === 'payer' ? row.payer : credit;
  const after: { master?: bigint; member?: bigint } = {};
  if (from === 'master' || from === 'member') after[from] = row.debitAfter ?? 0n;
  if (to === 'master' || to === 'member') after[to] = row.creditAfter ?? 0n;
  const shown = {
    id: row.id,
    kind: row.kind,
    amount: row.amount,
    currency,
    from,
    to,
    memberId: row.memberId,
    messageId: row.messageId,
    note: row.note,
    noteForMember: row.noteForMember,
    reversalOf: row.reversalOf,
    reversedBy: row.reversedBy,
    actor: { type: row.actorType, id: printActorId(row), name: row.actorName },
    balanceAfter: after,
    createdAt: row.createdAt,
  };
  if (viewer.type !== 'seat' || viewer.role === 'owner') return shown;
  const own = row.actorMember === viewer.memberId || row.actorType === 'rule';
  return {
    ...shown,
    note: own && row.actorType !== 'rule' ? row.note : row.noteForMember,
    actor: own ? shown.actor : { type: row.actorType, id: null, name: viewer.teamName },
    balanceAfter: after.member === undefined ? {} : { member: after.member },
  };
}

function printActorId(row: TransferRow): string | null {
  if (row.actorType === 'rule') return row.memberId && printId('mem', row.memberId);
  if (!row.actorId) return null;
  return printId(row.actorType === 'user' ? 'usr' : 'key', row.actorId);
}

/** Throws `insufficient_funds`: which balance is short, what it holds, and what was asked of it. */
export function failShort(balance: 'master' | 'member', required: Micros, available: Micros): never {
  const whose = balance === 'master' ? 'The master balance' : "The member's balance";
  const wish = required === 0n ? 'there is nothing to take' : `${printAmount(required)} was asked`;
  fail('insufficient_funds', {
    balance,
    required: printAmount(required),
    available: printAmount(available),
    detail: `${whose} holds ${printAmount(available)} and ${wish}. Nothing was moved.`,
  });
}
