import { createLoader, parseAsArrayOf, parseAsStringLiteral } from 'nuqs/server';
import { parseAsDay, parseAsId } from '@/components/ui/search-params';
import { TRANSFER_KIND_NAMES } from '@/server/domain/billing/ledger/rules';

/** The whole state of the transfers page, as it stands in its address; days are UTC, the last one is shown whole. */
export const transferView = {
  kind: parseAsArrayOf(parseAsStringLiteral(TRANSFER_KIND_NAMES)).withDefault([]),
  member: parseAsId('mem'),
  from: parseAsDay,
  to: parseAsDay,
};

export const loadTransferView = createLoader(transferView);

export type TransferView = Awaited<ReturnType<typeof loadTransferView>>;

const DAY_MS = 86_400_000;

/** What the page asks for: the same on the server, which asks first, and in the browser. */
export function transferQuestion({ kind, member, from, to }: TransferView) {
  return {
    ...(kind.length === 0 ? {} : { kind }),
    ...(member === null ? {} : { memberId: [member] }),
    ...(from === null ? {} : { from: from.toISOString() }),
    ...(to === null ? {} : { to: new Date(to.getTime() + DAY_MS).toISOString() }),
    limit: 50,
  };
}
