import { previewRates } from '@/server/domain/billing/rates/read';
import {
  importRatesInput,
  rateFileCost,
  rateFileInput,
  ratesPreviewSchema,
  replacedRatesSchema,
} from '@/server/domain/billing/rates/schema';
import { importRates } from '@/server/domain/billing/rates/write';
import { LARGEST_BODY_BYTES } from '@/server/http/body';
import * as operations from '@/server/operations/rates';
import { procedures } from './operations';
import { mutation, query, router } from './procedures';

export const rates = router({
  ...procedures(operations),
  previewRates: query({
    input: rateFileInput,
    output: ratesPreviewSchema,
    maxBytes: LARGEST_BODY_BYTES,
    extraCost: rateFileCost,
    run: (ctx, { csv }) => previewRates(ctx, csv),
  }),
  importRates: mutation({
    input: importRatesInput,
    output: replacedRatesSchema,
    maxBytes: LARGEST_BODY_BYTES,
    extraCost: rateFileCost,
    run: importRates,
  }),
});
