import { createLoader, parseAsArrayOf, parseAsStringLiteral } from 'nuqs/server';
import { parseAsDay, parseAsId } from '@/components/ui/search-params';
import { TRANSFER_KIND_NAMES } from '@/server/domain/billing/ledger/rules';

/** The state of the transfers page in its URL; days are UTC and the last day is included. */
export const transferView = {
  kind: parseAsArrayOf(parseAsStringLiteral(TRANSFER_KIND_NAMES)).withDefault([]),
  member: parseAsId('mem'),
  from: parseAsDay,
  to: parseAsDay,
};

export const loadTransferView = createLoader(transferView);

export type TransferView = Awaited<ReturnType<typeof loadTransferView>>;

const DAY_MS = 86_400_000;

/** Returns the query of the page, identical on the server and in the browser. */
export function transferQuestion({ kind, member, from, to }: TransferView) {
  return {
    ...(kind.length === 0 ? {} : { kind }),
    ...(member === null ? {} : { memberId: [member] }),
    ...(from === null ? {} : { from: from.toISOString() }),
    ...(to === null ? {} : { to: new Date(to.getTime() + DAY_MS).toISOString() }),
    limit: 50,
  };
}
