import { formatMoney } from '@/components/ui/amount';
import type { TransferKind } from '@/server/domain/billing/ledger/rules';

/** The name of each kind of transfer. */
export const KIND_LABELS: Record<TransferKind, string> = {
  funding: 'Funding',
  withdrawal: 'Withdrawal',
  credit: 'Credit',
  debit: 'Debit',
  recharge: 'Recharge',
  charge: 'Charge',
  refund: 'Refund',
  closing: 'Account closed',
  opening: 'Opening',
  funding_refund: 'Funding refund',
  dispute: 'Dispute',
  dispute_reversal: 'Dispute reversal',
};

type Side = 'master' | 'member' | 'usage' | 'funding';

/** Returns the name of one side of a transfer. */
export function sideName(side: Side, member: { name: string } | null): string {
  if (side === 'member') return member?.name ?? 'Member';
  return { master: 'Master balance', usage: 'Messages', funding: 'External' }[side];
}

/** Returns true for a credit, debit or recharge that was not reversed and is not a reversal itself. */
export const isReversible = (transfer: {
  kind: TransferKind;
  reversalOf: string | null;
  reversedBy: string | null;
}): boolean =>
  ['credit', 'debit', 'recharge'].includes(transfer.kind) &&
  transfer.reversalOf === null &&
  transfer.reversedBy === null;

type Reversal = { amount: string; to: Side };

/** Returns the confirmation of a reversal. */
export function sayReversed({ amount, to }: Reversal, currency: string, locale: string): string {
  const recipient = to === 'master' ? 'the master balance' : 'the member';
  return `Reversed. ${formatMoney(amount, currency, locale)} returned to ${recipient}.`;
}

export const ACTOR_LABELS = { user: 'user', key: 'API key', rule: 'auto-recharge', operator: 'operator' } as const;
