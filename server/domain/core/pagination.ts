import { z, type ZodType } from 'zod';
import { parseCountry } from './countries';
import { fail } from './errors';
import { idPattern, parseId, type IdPrefix } from './ids';
import { boundedText } from './validation';
export const LIST_LIMIT_DEFAULT = 25;
export const LIST_LIMIT_MAX = 100;

const LIMIT = 'must be a whole number from 1 to 100.';
export const limit = z
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
  z.union([item.transform((value) => [value]), z.array(item).min(1).max(max)]);

/** Longer than every id, so that a little more is still named as what it is. */
const ID_TEXT_MAX = 64;

/** An id as a filter; parses to its uuid. A malformed one is refused, so that no broken client reads "nothing" of it. */
export const idFilter = (prefix: IdPrefix) =>
  boundedText(ID_TEXT_MAX, `must be an id of the form ${prefix}_….`)
    .transform((text, ctx) => {
      const uuid = parseId(prefix, text);
      if (uuid !== null) return uuid;
      ctx.addIssue({ code: 'custom', message: `must be an id of the form ${prefix}_….`, input: text });
      return z.NEVER;
    })
    .meta({ pattern: idPattern(prefix) });

const COUNTRY = 'must be a country of ISO 3166-1, such as US.';

/** A country as a filter, in either case. */
export const countryInput = boundedText(2, COUNTRY)
  .transform((text, ctx) => {
    const code = parseCountry(text);
    if (code !== null) return code;
    ctx.addIssue({ code: 'custom', message: COUNTRY, input: text });
    return z.NEVER;
  })
  .meta({ pattern: '^[A-Za-z]{2}$', description: 'ISO 3166-1.' });

// A day before the end, as lists look a little further than they are asked to.
const LAST_INSTANT = Date.UTC(9999, 11, 31);

/** An instant as a filter: RFC 3339, or a day (its first instant, UTC). */
export const instantInput = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be a time as RFC 3339, such as 2026-01-31T00:00:00Z, or a day.',
  })
  // An id, by which lists are ordered, holds no time before 1970; past the year 9999 a time has no form in RFC 3339.
  .transform((text) => new Date(Math.min(Math.max(0, Date.parse(text)), LAST_INSTANT)))
  .meta({ description: 'A time as RFC 3339, or a day, meaning its first instant in UTC.' });

/**
 * Refuses a range that ends before it begins.
 * @throws DomainError `invalid_request`
 */
export function mustBeForward({ from, to }: { from?: Date | undefined; to?: Date | undefined }): void {
  if (!from || !to || from <= to) return;
  const detail = '`from` must not be after `to`.';
  fail('invalid_request', { detail, errors: [{ pointer: 'from', code: 'invalid_request', detail }] });
}
