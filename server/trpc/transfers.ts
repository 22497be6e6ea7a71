import { browseTransfers } from '@/server/domain/billing/ledger/read';
import { browseTransfersInput, namedTransferSchema } from '@/server/domain/billing/ledger/schema';
import { pageOfSchema } from '@/server/domain/core/pagination';
import * as operations from '@/server/operations/transfers';
import { paged, procedures } from './operations';
import { query, router } from './procedures';

export const transfers = router({
  ...procedures(operations),
  browseTransfers: query({
    input: browseTransfersInput.extend(paged),
    output: pageOfSchema(namedTransferSchema),
    run: browseTransfers,
  }),
});
