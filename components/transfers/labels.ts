import { canBeReversed, type TransferKind } from '@/server/domain/billing/ledger/rules';

type Side = 'master' | 'member' | 'usage' | 'funding';

/** Returns the label of the account from which or to which money moves. */
export function sideName(side: Side, member: { name: string } | null): string {
  if (side === 'member') return member?.name ?? 'member';
  return { master: 'Master balance', usage: 'Messages', funding: 'Outside' }[side];
}

/** Returns whether a transfer can be reversed and has not been reversed yet. */
export const isReversible = (transfer: {
  kind: TransferKind;
  reversalOf: string | null;
  reversedBy: string | null;
}): boolean => canBeReversed(transfer) && transfer.reversedBy === null;
