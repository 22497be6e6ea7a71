import { fail } from '@/server/domain/core/errors';
import { printAmount, type Micros } from '@/server/domain/core/money';

/** The accounts between which a transfer moves money, as the API names them. */
export const TRANSFER_SIDES = ['master', 'member', 'usage', 'funding'] as const;

export type TransferSide = (typeof TRANSFER_SIDES)[number];

/**
 * Every kind of transfer: the accounts between which it moves money, its label on the pages, if it can be reversed, and
 * if it is reserved: no command posts it yet, so no filter offers it. `payer` is the account that pays (or paid) a
 * message. The constraints of the database list the kinds again; a test compares them with this table.
 */
export const TRANSFER_KINDS = {
  funding: { from: 'funding', to: 'master', label: 'Funding', isReversible: false },
  withdrawal: { from: 'master', to: 'funding', label: 'Withdrawal', isReversible: false },
  credit: { from: 'master', to: 'member', label: 'Credit', isReversible: true },
  debit: { from: 'member', to: 'master', label: 'Debit', isReversible: true },
  recharge: { from: 'master', to: 'member', label: 'Recharge', isReversible: true },
  charge: { from: 'payer', to: 'usage', label: 'Charge', isReversible: false },
  refund: { from: 'usage', to: 'payer', label: 'Refund', isReversible: false },
  closing: { from: 'member', to: 'master', label: 'Account closed', isReversible: false },
  opening: { from: 'funding', to: 'master', label: 'Opening', isReversible: false, isReserved: true },
  funding_refund: { from: 'master', to: 'funding', label: 'Funding refund', isReversible: false, isReserved: true },
  dispute: { from: 'master', to: 'funding', label: 'Dispute', isReversible: false, isReserved: true },
  dispute_reversal: { from: 'funding', to: 'master', label: 'Dispute reversal', isReversible: false, isReserved: true },
} as const satisfies Record<string, Kind>;

type Kind = {
  from: TransferSide | 'payer';
  to: TransferSide | 'payer';
  label: string;
  isReversible: boolean;
  isReserved?: true;
};

export type TransferKind = keyof typeof TRANSFER_KINDS;

/** The kinds by name, in the order of the table. */
export const TRANSFER_KIND_NAMES = Object.keys(TRANSFER_KINDS) as [TransferKind, ...TransferKind[]];

/** The kinds that commands post, by name. */
export const POSTED_KIND_NAMES = TRANSFER_KIND_NAMES.filter((kind) => !('isReserved' in TRANSFER_KINDS[kind]));

/** Returns whether a transfer can be reversed if that has not happened yet: its kind allows it and it is no reversal. */
export const canBeReversed = ({ kind, reversalOf }: { kind: TransferKind; reversalOf: string | null }): boolean =>
  TRANSFER_KINDS[kind].isReversible && reversalOf === null;

/** Returns the kind of the transfer that reverses one of a reversible kind. */
export const reversalKindOf = (kind: TransferKind): 'credit' | 'debit' =>
  TRANSFER_KINDS[kind].from === 'member' ? 'credit' : 'debit';

export const NOTE_MAX = 255;

/**
 * Throws the error of a balance that is too low.
 * @param required micros that were requested; 0 for "all" of an empty balance
 * @param available micros that the balance holds
 * @throws DomainError `insufficient_funds`
 */
export function failShort(balance: 'master' | 'member', required: Micros, available: Micros): never {
  const name = balance === 'master' ? 'The master balance' : "The member's balance";
  const request = required === 0n ? 'there is nothing to move' : `${printAmount(required)} is required`;
  fail('insufficient_funds', {
    balance,
    required: printAmount(required),
    available: printAmount(available),
    detail: `No money moved. ${name} holds ${printAmount(available)} and ${request}.`,
  });
}
