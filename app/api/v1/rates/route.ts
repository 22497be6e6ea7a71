import { pageOfSchema } from '@/server/domain/core/pagination';
import { listRates } from '@/server/domain/billing/rates/read';
import { MAX_RATE_ROWS } from '@/server/domain/billing/rates/rules';
import {
  rateCardCost,
  rateListInput,
  rateSchema,
  RATES_MAX_BYTES,
  replacedRatesSchema,
  replaceRatesInput,
} from '@/server/domain/billing/rates/schema';
import { replaceRates } from '@/server/domain/billing/rates/write';
import { rate } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/rates', {
  GET: operation({
    id: 'listRates',
    summary: "List the team's rates, by country and prefix",
    query: rateListInput,
    reply: pageOfSchema(rateSchema),
    errors: ['owner_required'],
    example: { query: { country: 'DE' }, reply: { data: [rate], nextCursor: null } },
    run: (ctx, { query }) => listRates(ctx, query),
  }),
  PUT: operation({
    id: 'replaceRates',
    summary: 'Replace the whole rate card',
    description: `At most ${MAX_RATE_ROWS} rows, in a body of at most 8 MiB. Of the rows whose prefix and country match a number, the longest prefix wins; a row without a country matches any. Prices of messages already accepted stay as they are. A row that can never match a number is refused, and so is a price of 0 without \`allowFree\`.`,
    body: replaceRatesInput,
    reply: replacedRatesSchema,
    maxBytes: RATES_MAX_BYTES,
    maxItems: MAX_RATE_ROWS,
    extraCost: rateCardCost,
    errors: ['invalid_amount', 'owner_required'],
    example: {
      body: { rates: [rate, { prefix: '1415', price: '0.0079' }] },
      reply: { rows: 2, free: [], freeRows: 0 },
    },
    run: (ctx, { body: { rates, ...options } }) => replaceRates(ctx, rates, options),
  }),
});
