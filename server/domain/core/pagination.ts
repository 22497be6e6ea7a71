import { z, type ZodType } from 'zod';
import { parseCountry } from './countries';
import { fail } from './errors';
import { idPattern, parseId, type IdPrefix } from './ids';
import { boundedText } from './validation';
import { createHash } from 'node:crypto';
import { and, gte, lt, sql, type AnyColumn, type SQL } from 'drizzle-orm';

export const LIST_LIMIT_DEFAULT = 25;
export const LIST_LIMIT_MAX = 100;

const LIMIT = 'must be a whole number from 1 to 100.';
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

const BINDING_BYTES = 8;

/** What a cursor is bound to: team, list and filters. Another's cursor does not fit, and a broken one neither. */
export type CursorBinding = readonly (string | number | null | undefined | readonly string[])[];

const fingerprint = (binding: CursorBinding): Buffer =>
  createHash('sha256').update(JSON.stringify(binding)).digest().subarray(0, BINDING_BYTES);

/** An opaque cursor after the row `id` (uuid). It holds no secret and gives no right: the list's own filters always hold. */
export function printCursor(binding: CursorBinding, id: string): string {
  return Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), fingerprint(binding)]).toString('base64url');
}

/**
 * The uuid to go on after, or null for the first page.
 * @throws DomainError `invalid_cursor`
 */
export function readCursor(binding: CursorBinding, cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  const fits =
    bytes.length === 16 + BINDING_BYTES &&
    bytes.toString('base64url') === cursor &&
    bytes.subarray(16).equals(fingerprint(binding));
  if (!fits) fail('invalid_cursor');
  const hex = bytes.subarray(0, 16).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** As `printCursor`, after a row that no id names but some words, none of which holds a line break. */
export function printPlace(binding: CursorBinding, words: readonly string[]): string {
  // Words are of any length, so the print is of them too: a cursor that lost or gained a letter is a broken one.
  return Buffer.concat([fingerprint([...binding, words]), Buffer.from(words.join('\n'))]).toString('base64url');
}

/**
 * The words to go on after, or null for the first page.
 * @param forms what each word looks like: anybody can compute a binding, so it proves nothing of the words
 * @throws DomainError `invalid_cursor`
 */
export function readPlace(
  binding: CursorBinding,
  cursor: string | undefined,
  forms: readonly RegExp[],
): string[] | null {
  if (cursor === undefined) return null;
  const words = Buffer.from(cursor, 'base64url').subarray(BINDING_BYTES).toString().split('\n');
  const fits = words.length === forms.length && words.every((word, i) => forms[i]!.test(word));
  return fits && printPlace(binding, words) === cursor ? words : fail('invalid_cursor');
}

/** Cuts one row more than asked into a page and its cursor. */
export function pageOf<R extends { id: string }>(
  rows: R[],
  limit: number,
  binding: CursorBinding,
): { data: R[]; nextCursor: string | null } {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last ? printCursor(binding, last.id) : null };
}

/** The time of an id may be later than its row's by as long as a change can wait for a lock. */
const ID_LAG_MS = 60_000;

/**
 * Rows of a span of time, and of the ids that can lie in it, by which lists are walked.
 * @throws DomainError `invalid_request` for a span that ends before it begins
 */
export function within(id: AnyColumn, at: AnyColumn, span: { from?: Date; to?: Date }): SQL | undefined {
  mustBeForward(span);
  const { from, to } = span;
  return and(
    from && and(gte(at, from), sql`${id} >= uuid7_floor(${from.toISOString()}::timestamptz)`),
    to && and(lt(at, to), sql`${id} < uuid7_floor(${new Date(to.getTime() + ID_LAG_MS).toISOString()}::timestamptz)`),
  );
}
