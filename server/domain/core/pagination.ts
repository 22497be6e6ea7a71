import { z, type ZodType } from 'zod';
import { parseCountry } from './countries';
import { failField } from './errors';
import { idPattern, parseId, type IdPrefix } from './ids';
import { boundedText } from './validation';

export const LIST_LIMIT_DEFAULT = 25;
export const LIST_LIMIT_MAX = 100;

const LIMIT = 'must be a whole number from 1 to 100.';
export const limit = z
  .int(LIMIT)
  .min(1, LIMIT)
  .transform((n) => Math.min(n, LIST_LIMIT_MAX));

/** `limit` and `cursor` of every list. A limit above the maximum is reduced to it; one below 1 is an error. */
export const listInput = {
  limit: boundedText(9, LIMIT)
    .regex(/^[0-9]+$/, LIMIT)
    .transform(Number)
    .pipe(limit)
    .default(LIST_LIMIT_DEFAULT)
    .meta({
      description: 'Items per page, 1 to 100. A value above 100 is reduced to 100.',
      type: 'integer',
      minimum: 1,
      maximum: 999_999_999,
      pattern: undefined,
      default: LIST_LIMIT_DEFAULT,
    }),
  cursor: boundedText(200).optional().meta({ description: '`nextCursor` of the previous page.' }),
};

/** The same `limit` as a number, for inputs outside a URL. */
export const limitAsNumber = { limit: limit.default(LIST_LIMIT_DEFAULT) };

/** Returns the schema of a page of a list. */
export const pageOfSchema = <T extends ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable() });

/** Accepts one value or several and parses to a list: in a URL the parameter is repeated. */
export const oneOrMore = <T extends ZodType>(item: T, max: number) =>
  z.union([item.transform((value) => [value]), z.array(item).min(1).max(max)]);

/** Longer than every id, so that a slightly too long one still gets the error of a malformed id. */
const ID_TEXT_MAX = 64;

/** An id as a filter; parses to its uuid. A malformed id is an error, so that a broken client never reads an empty list. */
export const idFilter = (prefix: IdPrefix) =>
  boundedText(ID_TEXT_MAX, `must be an id of the form ${prefix}_….`)
    .transform((text, ctx) => {
      const uuid = parseId(prefix, text);
      if (uuid !== null) return uuid;
      ctx.addIssue({ code: 'custom', message: `must be an id of the form ${prefix}_….`, input: text });
      return z.NEVER;
    })
    .meta({ pattern: idPattern(prefix) });

const COUNTRY = 'must be an ISO 3166-1 country code, such as US.';

/** A country as a filter, in either case. */
export const countryInput = boundedText(2, COUNTRY)
  .transform((text, ctx) => {
    const code = parseCountry(text);
    if (code !== null) return code;
    ctx.addIssue({ code: 'custom', message: COUNTRY, input: text });
    return z.NEVER;
  })
  .meta({ pattern: '^[A-Za-z]{2}$', description: 'ISO 3166-1 country code.' });

// One day before the last date, because lists search slightly past the end of a range.
const LAST_INSTANT = Date.UTC(9999, 11, 31);

/** An instant as a filter: RFC 3339, or a day (its first instant, UTC). */
export const instantInput = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'must be an RFC 3339 time such as 2026-01-31T00:00:00Z, or a date.',
  })
  // Lists are ordered by ids, which hold no time before 1970; RFC 3339 has no time after the year 9999.
  .transform((text) => new Date(Math.min(Math.max(0, Date.parse(text)), LAST_INSTANT)))
  .meta({ description: 'An RFC 3339 time, or a date, which means its first instant in UTC.' });

/**
 * Refuses a range that ends before it begins.
 * @throws DomainError `invalid_request`
 */
export function mustBeForward({ from, to }: { from?: Date | undefined; to?: Date | undefined }): void {
  if (!from || !to || from <= to) return;
  failField('from', '`from` must not be after `to`.');
}
