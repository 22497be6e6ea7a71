import { fail } from './errors';
import { createHash } from 'node:crypto';
import { and, gte, lt, sql, type AnyColumn, type SQL } from 'drizzle-orm';
import { limit, mustBeForward } from './pagination';

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
export function isWithinRange(id: AnyColumn, at: AnyColumn, span: { from?: Date; to?: Date }): SQL | undefined {
  mustBeForward(span);
  const { from, to } = span;
  return and(
    from && and(gte(at, from), sql`${id} >= uuid7_floor(${from.toISOString()}::timestamptz)`),
    to && and(lt(at, to), sql`${id} < uuid7_floor(${new Date(to.getTime() + ID_LAG_MS).toISOString()}::timestamptz)`),
  );
}
