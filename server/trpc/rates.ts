import { pageOfSchema } from '@/server/domain/core/pagination';
import { listRates, previewRates } from '@/server/domain/billing/rates/read';
import { MAX_RATE_ROWS } from '@/server/domain/billing/rates/rules';
import {
  confirmedRatesSchema,
  importRatesInput,
  rateCardCost,
  rateFileCost,
  rateFileInput,
  rateListInput,
  rateSchema,
  ratesPreviewSchema,
  replacedRatesSchema,
  replaceRatesInput,
} from '@/server/domain/billing/rates/schema';
import { confirmRates, importRates, replaceRates } from '@/server/domain/billing/rates/write';
import { paged } from './inputs';
import { mutation, query, router } from './procedures';

export const rates = router({
  listRates: query({ input: rateListInput.extend(paged), reply: pageOfSchema(rateSchema), run: listRates }),
  replaceRates: mutation({
    input: replaceRatesInput,
    reply: replacedRatesSchema,
    maxItems: MAX_RATE_ROWS,
    extraCost: rateCardCost,
    run: (ctx, { rates: rows, ...options }) => replaceRates(ctx, rows, options),
  }),
  confirmRates: mutation({ reply: confirmedRatesSchema, run: confirmRates }),
  previewRates: query({
    input: rateFileInput,
    reply: ratesPreviewSchema,
    extraCost: rateFileCost,
    run: (ctx, { csv }) => previewRates(ctx, csv),
  }),
  importRates: mutation({
    input: importRatesInput,
    reply: replacedRatesSchema,
    extraCost: rateFileCost,
    run: importRates,
  }),
});
