import { fail } from '@/server/domain/core/errors';
import { printAmount, type Micros } from '@/server/domain/core/money';
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
/** From where to where each kind moves money; `payer` stands for the account that pays (or paid) a message. */
export const SIDES = {
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
