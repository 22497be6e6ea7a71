import * as read from '@/server/domain/billing/rates/read';
import * as write from '@/server/domain/billing/rates/write';
import { MAX_RATE_ROWS } from '@/server/domain/billing/rates/rules';
import {
  RATES_MAX_BYTES,
  confirmedRatesSchema,
  rateCardCost,
  rateFilters,
  rateListInput,
  rateSchema,
  replaceRatesInput,
  replacedRatesSchema,
} from '@/server/domain/billing/rates/schema';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { rateRows } from './csv-columns';
import { rate } from './examples';
import { operation, table } from './operation';

export const listRates = operation({
  method: 'GET',
  path: '/rates',
  summary: "List the team's rates, by country and prefix",
  input: rateListInput,
  output: pageOfSchema(rateSchema),
  errors: ['owner_required'],
  example: { input: { country: 'DE' }, output: { data: [rate], nextCursor: null } },
  run: read.listRates,
});

export const replaceRates = operation({
  method: 'PUT',
  path: '/rates',
  summary: 'Replace the whole rate card',
  description: `At most ${MAX_RATE_ROWS} rows, in a body of at most 8 MiB. Of the rows whose prefix and country match a number, the longest prefix wins; a row without a country matches any. Prices of messages already accepted stay as they are. A row that can never match a number is refused, and so is a price of 0 without \`allowFree\`.`,
  input: replaceRatesInput,
  output: replacedRatesSchema,
  maxBytes: RATES_MAX_BYTES,
  maxItems: MAX_RATE_ROWS,
  extraCost: rateCardCost,
  errors: ['invalid_amount', 'owner_required'],
  example: {
    input: { rates: [rate, { prefix: '1415', price: '0.0079' }] },
    output: { rows: 2, free: [], freeRows: 0 },
  },
  run: (ctx, { rates, ...options }) => write.replaceRates(ctx, rates, options),
});

export const confirmRates = operation({
  method: 'POST',
  path: '/rates/confirm',
  summary: 'Confirm that the prices are the team’s own and no longer samples',
  output: confirmedRatesSchema,
  errors: ['owner_required'],
  example: { output: { samplePrices: false } },
  run: write.confirmRates,
});

export const exportRates = table({
  path: '/rates.csv',
  summary: 'Export the rate card as CSV, in the form of an import',
  input: rateFilters,
  rows: rateRows,
  errors: ['owner_required'],
  example: { input: { country: 'DE' }, output: 'country,prefix,price\r\n' },
});
