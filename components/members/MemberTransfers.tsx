'use client';

import { TransferDetail } from '@/components/transfers/TransferDetail';
import { TransferTable } from '@/components/transfers/TransferTable';
import { transferQuestion } from '@/components/transfers/search-params';
import { useDialogs } from '@/components/ui/dialogs';
import { Empty } from '@/components/ui/pieces';
import { TRANSFER_KINDS } from '@/server/domain/billing/ledger/rules';
import type { MemberView } from './member';

/** Lists the transfers of one member. */
export function MemberTransfers({ member }: { member: MemberView }) {
  const open = useDialogs();
  return (
    <TransferTable
      question={transferQuestion({ kind: [], member: member.id, from: null, to: null })}
      onOpen={(transfer) =>
        open({
          title: TRANSFER_KINDS[transfer.kind].label,
          side: true,
          body: (close) => <TransferDetail transfer={transfer} onClose={close} />,
        })
      }
      empty={<Empty title="No transfers yet">Credits, debits, recharges and charges appear here.</Empty>}
    />
  );
}
