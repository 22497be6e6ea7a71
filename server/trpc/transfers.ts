import { browseTransfers, getTransfer, listTransfers } from '@/server/domain/billing/ledger/read';
import {
  browseTransfersInput,
  creditInput,
  debitedSchema,
  debitInput,
  movementSchema,
  namedTransferSchema,
  reverseInput,
  transferListInput,
  transferSchema,
} from '@/server/domain/billing/ledger/schema';
import { creditMember, debitMember, reverseTransfer } from '@/server/domain/billing/ledger/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { ofMember, ofTransfer, oneTransfer, paged } from './inputs';
import { mutation, query, router } from './procedures';

export const transfers = router({
  creditMember: mutation({ input: creditInput.extend(ofMember), reply: movementSchema, run: creditMember }),
  debitMember: mutation({ input: debitInput.extend(ofMember), reply: debitedSchema, run: debitMember }),
  reverseTransfer: mutation({
    input: reverseInput.extend(ofTransfer),
    reply: movementSchema,
    run: reverseTransfer,
  }),
  listTransfers: query({
    input: transferListInput.extend(paged),
    reply: pageOfSchema(transferSchema),
    run: listTransfers,
  }),
  browseTransfers: query({
    input: browseTransfersInput.extend(paged),
    reply: pageOfSchema(namedTransferSchema),
    run: browseTransfers,
  }),
  getTransfer: query({
    input: oneTransfer,
    reply: transferSchema,
    run: (ctx, { transferId }) => getTransfer(ctx, transferId),
  }),
});
