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
  creditMember: mutation({ input: creditInput.extend(ofMember), reply: movementSchema, verb: creditMember }),
  debitMember: mutation({ input: debitInput.extend(ofMember), reply: debitedSchema, verb: debitMember }),
  reverseTransfer: mutation({
    input: reverseInput.extend(ofTransfer),
    reply: movementSchema,
    verb: reverseTransfer,
  }),
  listTransfers: query({
    input: transferListInput.extend(paged),
    reply: pageOfSchema(transferSchema),
    verb: listTransfers,
  }),
  browseTransfers: query({
    input: browseTransfersInput.extend(paged),
    reply: pageOfSchema(namedTransferSchema),
    verb: browseTransfers,
  }),
  getTransfer: query({
    input: oneTransfer,
    reply: transferSchema,
    verb: (ctx, { transferId }) => getTransfer(ctx, transferId),
  }),
});
