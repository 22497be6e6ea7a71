import { z } from 'zod';
import { moneyCodec, amountOrZero } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { countryInput, listInput } from '@/server/domain/core/pagination';
import { longList } from '@/server/domain/core/long-list';
import { MAX_PRICE, MAX_RATE_ROWS, nameOf, PREFIX, whyNeverMatches } from './rules';

/** A row of the rate card: the price of a segment to a country, to numbers with a prefix, or to both. */
export const rateSchema = z
  .object({ country: z.string().nullable(), prefix: z.string(), price: moneyCodec })
  .meta({ id: 'Rate' });
export type Rate = z.output<typeof rateSchema>;

const PREFIX_FORM = 'must be 1 to 15 digits of an international number, without +.';
const PREFIX_OR_NONE = 'must be 1 to 15 digits of an international number, without +, or empty.';

export const rateListInput = z.strictObject({
  ...listInput,
  country: countryInput.optional(),
  prefix: boundedText(15, PREFIX_FORM)
    .regex(PREFIX, PREFIX_FORM)
    .optional()
    .meta({ description: 'Only rows whose prefix begins with these digits.' }),
});
export type ListRates = z.output<typeof rateListInput>;

export const rateFilters = rateListInput.omit({ limit: true, cursor: true });
export type FilterRates = z.output<typeof rateFilters>;

export const rateInput = z
  .strictObject({
    country: countryInput.nullable().default(null).meta({ description: 'Null or absent: any country.' }),
    prefix: boundedText(15, PREFIX_OR_NONE)
      .regex(new RegExp(`^$|${PREFIX.source}`), PREFIX_OR_NONE)
      .default('')
      .meta({ description: 'Digits of E.164 without +. Empty: the whole country.' }),
    price: amountOrZero
      .refine((price) => price <= MAX_PRICE, 'must be at most 1000000.00.')
      .meta({ description: 'Price of one segment.', examples: ['0.0395'] }),
  })
  .superRefine((row, ctx) => {
    const isEmpty = row.country === null && row.prefix === '';
    const message = isEmpty ? 'A row needs a country, a prefix, or both.' : whyNeverMatches(row);
    if (message !== null) ctx.addIssue({ code: 'custom', message });
  })
  .meta({ id: 'NewRate', description: 'A row needs a country, a prefix, or both.' });

const allowFree = z
  .boolean()
  .default(false)
  .meta({ description: 'Allows prices of 0: messages to these destinations are sent without charge or limit.' });

/** A complete rate card. No two rows have the same country and prefix. */
export const replaceRatesInput = z.strictObject({
  allowFree,
  rates: longList(rateInput, {
    max: MAX_RATE_ROWS,
    nameOf,
    repeated: 'An earlier row has the same country and prefix.',
  })
    .min(1, 'Add at least one row.')
    .max(MAX_RATE_ROWS, `Use at most ${MAX_RATE_ROWS} rows.`),
});

/** Returns the rate-limit tokens that a card costs beyond 1: one per hundred rows. */
export const rateCardCost = (card: { rates: unknown[] }): number => card.rates.length / 100;

/** Returns the rate-limit tokens that a CSV costs beyond 1, by its line ends, because it is not parsed yet. */
export const rateFileCost = ({ csv }: { csv: string }): number => (csv.match(/\r\n|\n|\r/g)?.length ?? 0) / 100;

/** Size limit of a card in bytes, enough for the largest number of rows. */
export const RATES_MAX_BYTES = 8 * 1_048_576;

const freeRows = {
  free: z.array(z.string()).meta({ description: 'The first 100 rows with price 0, such as `FR` or `DE +49`.' }),
  freeRows: z.int().meta({ description: 'Number of rows with price 0.' }),
};

export const replacedRatesSchema = z.object({ rows: z.int(), ...freeRows });
export type ReplacedRates = z.output<typeof replacedRatesSchema>;
export const confirmedRatesSchema = z.object({ samplePrices: z.boolean() });

/** A rate card as a CSV with the columns country, prefix and price. */
export const rateFileInput = z.strictObject({ csv: boundedText(RATES_MAX_BYTES) });
export const importRatesInput = rateFileInput.extend({ allowFree });
export type ImportRates = z.output<typeof importRatesInput>;

/** The changes that importing a file would make to the card. */
export const ratesPreviewSchema = z.object({
  rows: z.int().meta({ description: 'Rows in the file; 0 if it cannot be imported.' }),
  added: z.int(),
  changed: z.int(),
  removed: z.int(),
  unchanged: z.int(),
  differences: z
    .array(
      z.object({
        country: z.string().nullable(),
        prefix: z.string(),
        before: moneyCodec.nullable(),
        after: moneyCodec.nullable(),
      }),
    )
    .meta({ description: 'The first differences.' }),
  ...freeRows,
  unclearPrice: z.object({ typed: z.string(), price: moneyCodec }).nullable().meta({
    description: 'A price such as `1,234` and its value as read, if every comma may be a thousands separator.',
  }),
  problems: z.array(z.object({ line: z.int(), detail: z.string() })).meta({ description: 'The first problems.' }),
  problemCount: z.int(),
});
export type RatesPreview = z.output<typeof ratesPreviewSchema>;
