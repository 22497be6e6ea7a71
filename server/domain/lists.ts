import { z, type ZodType } from 'zod';
import { boundedText } from './input';

export const LIST_LIMIT_DEFAULT = 25;
export const LIST_LIMIT_MAX = 100;

const LIMIT = 'A whole number from 1 to 100.';
const limit = z
  .int(LIMIT)
  .min(1, LIMIT)
  .transform((n) => Math.min(n, LIST_LIMIT_MAX));

/** `limit` and `cursor` of every list: above the maximum is cut to it, below 1 is an error. */
export const listInput = {
  limit: boundedText(9, LIMIT)
    .regex(/^[0-9]+$/, LIMIT)
    .transform(Number)
    .pipe(limit)
    .default(LIST_LIMIT_DEFAULT)
    .meta({
      description: 'How many to answer: 1 to 100. What is above is cut to 100.',
      type: 'integer',
      minimum: 1,
      maximum: 999_999_999,
      pattern: undefined,
      default: LIST_LIMIT_DEFAULT,
    }),
  cursor: boundedText(200).optional().meta({ description: '`nextCursor` of the page before.' }),
};

/** The same `limit` where it comes as a number, not in a URL. */
export const limitAsNumber = { limit: limit.default(LIST_LIMIT_DEFAULT) };

/** A page of a list, as it is printed. */
export const pageOfSchema = <T extends ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

/** One value of a kind or several, as a list: in a URL a parameter is repeated. */
export const oneOrMore = <T extends ZodType>(item: T, max: number) =>
  z.union([item.transform((value) => [value]), z.array(item).max(max)], { error: `At most ${max} of what is listed.` });

/** An instant as a filter: RFC 3339, or a day (its first instant, UTC). */
export const instantInput = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'A time as RFC 3339, such as 2026-01-31T00:00:00Z.',
  })
  // An id, by which lists are ordered, holds no time before 1970; nothing here is older.
  .transform((text) => new Date(Math.max(0, Date.parse(text))))
  .meta({ description: 'A time as RFC 3339, or a day, meaning its first instant in UTC.' });
