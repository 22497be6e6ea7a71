import { formatMoney } from '@/components/ui/money/format';
import { canBeReversed, type TransferKind } from '@/server/domain/billing/ledger/rules';

type Side = 'master' | 'member' | 'usage' | 'funding';

/** Returns the label of the account from which or to which money moves. */
export function sideName(side: Side, member: { name: string } | null): string {
  if (side === 'member') return member?.name ?? 'Member';
  return { master: 'Master balance', usage: 'Messages', funding: 'External' }[side];
}

/** Returns whether a transfer can be reversed and has not been reversed yet. */
export const isReversible = (transfer: {
  kind: TransferKind;
  reversalOf: string | null;
  reversedBy: string | null;
}): boolean => canBeReversed(transfer) && transfer.reversedBy === null;

type Reversal = { amount: string; to: Side };

/** Returns the confirmation of a reversal. */
export function sayReversed({ amount, to }: Reversal, currency: string, locale: string): string {
  const recipient = to === 'master' ? 'the master balance' : 'the member';
  return `Reversed. ${formatMoney(amount, currency, locale)} returned to ${recipient}.`;
}

export const ACTOR_LABELS = { user: 'user', key: 'API key', rule: 'auto-recharge', operator: 'operator' } as const;
