import { z } from 'zod';
import { moneyCodec, amountOrZero } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { countryInput, listInput } from '@/server/domain/core/pagination';
import { longList } from '@/server/domain/core/long-list';
import { MAX_PRICE, MAX_RATE_ROWS, nameOf, PREFIX, whyNeverMatches } from './rules';

/** One row of the rate card: the price of a segment to a country, to numbers that begin with a prefix, or to both. */
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
    .meta({ description: 'Rows whose prefix begins so.' }),
});
export type ListRates = z.output<typeof rateListInput>;

export const rateFilters = rateListInput.omit({ limit: true, cursor: true });
export type FilterRates = z.output<typeof rateFilters>;

export const rateInput = z
  .strictObject({
    country: countryInput.nullable().default(null).meta({ description: 'Null or absent: whatever the country.' }),
    prefix: boundedText(15, PREFIX_OR_NONE)
      .regex(new RegExp(`^$|${PREFIX.source}`), PREFIX_OR_NONE)
      .default('')
      .meta({ description: 'Digits of E.164 without +; empty: the whole country.' }),
    price: amountOrZero
      .refine((price) => price <= MAX_PRICE, 'must be at most 1000000.00.')
      .meta({ description: 'Of one segment.', examples: ['0.0395'] }),
  })
  .superRefine((row, ctx) => {
    const isNameless = row.country === null && row.prefix === '';
    const message = isNameless ? 'A row names a country, a prefix, or both.' : whyNeverMatches(row);
    if (message !== null) ctx.addIssue({ code: 'custom', message });
  })
  .meta({ id: 'NewRate', description: 'A row names a country, a prefix, or both.' });

const allowFree = z
  .boolean()
  .default(false)
  .meta({ description: 'Whether rows may cost nothing: messages under them are sent without charge and without end.' });

/** A whole card. Two rows never name the same country and prefix. */
export const replaceRatesInput = z.strictObject({
  allowFree,
  rates: longList(rateInput, {
    max: MAX_RATE_ROWS,
    nameOf,
    repeated: 'A row before has this country and prefix already.',
  })
    .min(1, 'At least one row.')
    .max(MAX_RATE_ROWS, `At most ${MAX_RATE_ROWS} rows.`),
});

/** Returns what a card costs of the allowance of calls: one more for each hundred rows. */
export const rateCardCost = (card: { rates: unknown[] }): number => card.rates.length / 100;

/** Returns the same for a card as a file, by its line ends, as it is not read yet. */
export const rateFileCost = ({ csv }: { csv: string }): number => (csv.match(/\r\n|\n|\r/g)?.length ?? 0) / 100;

/** A card of as many rows as it may have fits. */
export const RATES_MAX_BYTES = 8 * 1_048_576;

const freeRows = {
  free: z
    .array(z.string())
    .meta({ description: 'The rows that cost nothing, such as `FR` or `DE +49`; the first 100.' }),
  freeRows: z.int().meta({ description: 'How many rows cost nothing.' }),
};

export const replacedRatesSchema = z.object({ rows: z.int(), ...freeRows });
export type ReplacedRates = z.output<typeof replacedRatesSchema>;
export const confirmedRatesSchema = z.object({ samplePrices: z.boolean() });

/** A card as a file: a CSV with the columns country, prefix and price. */
export const rateFileInput = z.strictObject({ csv: boundedText(RATES_MAX_BYTES) });
export const importRatesInput = rateFileInput.extend({ allowFree });
export type ImportRates = z.output<typeof importRatesInput>;

/** What taking a file would change of the card. */
export const ratesPreviewSchema = z.object({
  rows: z.int().meta({ description: 'What the file holds; 0 when it cannot be taken.' }),
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
    .meta({ description: 'The first of them.' }),
  ...freeRows,
  unclearPrice: z
    .object({ typed: z.string(), price: moneyCodec })
    .nullable()
    .meta({ description: 'A price such as `1,234` and how it was read, where every comma may separate thousands.' }),
  problems: z.array(z.object({ line: z.int(), detail: z.string() })).meta({ description: 'The first of them.' }),
  problemCount: z.int(),
});
export type RatesPreview = z.output<typeof ratesPreviewSchema>;
