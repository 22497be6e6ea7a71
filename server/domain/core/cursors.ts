import { fail } from './errors';
import { createHash } from 'node:crypto';
import { and, gte, lt, sql, type AnyColumn, type SQL } from 'drizzle-orm';
import { mustBeForward } from './pagination';

const BINDING_BYTES = 8;

/** The team, list and filters that a cursor is bound to. A cursor of another binding is refused like a broken one. */
export type CursorBinding = readonly (string | number | null | undefined | readonly string[])[];

const fingerprint = (binding: CursorBinding): Buffer =>
  createHash('sha256').update(JSON.stringify(binding)).digest().subarray(0, BINDING_BYTES);

/** Returns an opaque cursor after the row `id` (uuid). It holds no secret and grants nothing: the list's own filters apply. */
export function printCursor(binding: CursorBinding, id: string): string {
  return Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), fingerprint(binding)]).toString('base64url');
}

/**
 * Returns the uuid after which the page begins, or null for the first page.
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

/** Like `printCursor`, for a row that is identified by some values without line breaks instead of an id. */
export function printPlace(binding: CursorBinding, values: readonly string[]): string {
  // The values have no fixed length, so the fingerprint covers them too: a cursor with a lost or added letter is refused.
  return Buffer.concat([fingerprint([...binding, values]), Buffer.from(values.join('\n'))]).toString('base64url');
}

/**
 * Returns the values after which the page begins, or null for the first page.
 * @param forms the pattern of each value: a client can compute a binding, so it does not prove that the values are valid
 * @throws DomainError `invalid_cursor`
 */
export function readPlace(
  binding: CursorBinding,
  cursor: string | undefined,
  forms: readonly RegExp[],
): string[] | null {
  if (cursor === undefined) return null;
  const values = Buffer.from(cursor, 'base64url').subarray(BINDING_BYTES).toString().split('\n');
  const fits = values.length === forms.length && values.every((value, i) => forms[i]!.test(value));
  return fits && printPlace(binding, values) === cursor ? values : fail('invalid_cursor');
}

/**
 * Returns a page and its cursor.
 * @param rows the rows found, one more than `limit` if there is a next page
 */
export function pageOf<R extends { id: string }>(
  rows: R[],
  limit: number,
  binding: CursorBinding,
): { data: R[]; nextCursor: string | null } {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last ? printCursor(binding, last.id) : null };
}

/** An id can be younger than its row by as long as a change waits for a lock. */
const ID_LAG_MS = 60_000;

/**
 * Returns the condition for rows of a time span. It also limits the ids, because lists are read in the order of ids.
 * @throws DomainError `invalid_request` for a span that ends before it begins
 */
export function isWithinRange(id: AnyColumn, at: AnyColumn, span: { from?: Date; to?: Date }): SQL | undefined {
  mustBeForward(span);
  const { from, to } = span;
  return and(
    from && and(gte(at, from), sql`${id} >= uuid7_floor(${from.toISOString()}::timestamptz)`),
    to && and(lt(at, to), sql`${id} < uuid7_floor(${new Date(to.getTime() + ID_LAG_MS).toISOString()}::timestamptz)`),
  );
}
