import { toMicros, type Micros } from '@/server/domain/core/money';
import { formatMoney } from '@/components/ui/money/format';
import { canBeReversed, type TransferKind, type TransferSide } from '@/server/domain/billing/ledger/rules';

/** Returns the label of the account from which or to which money moves. */
export function sideName(side: TransferSide, member: { name: string } | null): string {
  if (side === 'member') return member?.name ?? 'Member';
  return { master: 'Master balance', usage: 'Messages', funding: 'External' }[side];
}

/** Returns whether a transfer can be reversed and has not been reversed yet. */
export const isReversible = (transfer: {
  kind: TransferKind;
  reversalOf: string | null;
  reversedBy: string | null;
}): boolean => canBeReversed(transfer) && transfer.reversedBy === null;

/**
 * Returns the amount as a movement of the account whose balance is shown after it, the member's if the transfer touches
 * it and the master account otherwise: below zero if the money leaves that account.
 */
export function signedAmountOf({ from, to, amount }: { from: TransferSide; to: TransferSide; amount: string }): Micros {
  const account = [from, to].includes('member') ? 'member' : 'master';
  return from === account ? -toMicros(amount) : toMicros(amount);
}

type Reversal = { amount: string; to: TransferSide };

/** Returns the confirmation of a reversal. */
export function sayReversed({ amount, to }: Reversal, currency: string, locale: string): string {
  const recipient = to === 'master' ? 'the master balance' : 'the member';
  return `Reversed. ${formatMoney(toMicros(amount), currency, locale)} returned to ${recipient}.`;
}

export const ACTOR_LABELS = { user: 'user', key: 'API key', rule: 'auto-recharge', operator: 'operator' } as const;
