import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { isSupportedCountry } from 'libphonenumber-js/max';

import { type Micros, parseAmount } from '@/server/domain/money';

/**
 * One row of a rate card: a country, a prefix (digits of E.164, no plus; '' for the whole country), or both.
 * `price` is for one segment.
 */
export type RateRow = { country: string | null; prefix: string; price: Micros };

/** Finds the price of one segment to a number, or null where the card has no row for it (`no_rate`). */
export type FindRate = (e164: string, country: string) => Micros | null;

/**
 * Makes a rate card ready to be asked. Among the rows whose prefix begins the number and whose country, where given, is
 * the number's own, the longest prefix wins; of two with the same prefix, the one that names the country.
 */
export function compileRates(rows: Iterable<RateRow>): FindRate {
  const tables = new Map<string, Map<string, Micros>>();
  for (const { country, prefix, price } of rows) {
    const table = tables.get(country ?? ANY_COUNTRY) ?? new Map<string, Micros>();
    tables.set(country ?? ANY_COUNTRY, table.set(prefix, price));
  }
  const lengths = [...new Set([...tables.values()].flatMap((table) => [...table.keys()].map((key) => key.length)))];
  lengths.sort((a, b) => b - a);
  return (e164, country) => {
    const own = tables.get(country);
    const any = tables.get(ANY_COUNTRY);
    for (const length of lengths) {
      const prefix = e164.slice(1, 1 + length);
      const price = own?.get(prefix) ?? any?.get(prefix);
      if (price !== undefined) return price;
    }
    return null;
  };
}

const ANY_COUNTRY = '';

export const MAX_RATE_ROWS = 100_000;

/**
 * The most that a segment may cost: 1,000,000.00. It keeps the dearest batch (1,000 texts of 24 segments) far below
 * what one 64-bit balance can hold.
 */
export const MAX_PRICE: Micros = 1_000_000_000_000n;

/** A prefix where there is one: digits of E.164 without its plus. */
export const PREFIX = /^[1-9][0-9]{0,14}$/;

/** Whether a rate card can name it: a code of two upper-case letters. */
export const isRateCountry = (code: string): boolean => isSupportedCountry(code);

/** A line of a rate card that cannot be taken: its number in the file (the header is 1) and what to do about it. */
export type RateCardProblem = { line: number; detail: string };

/**
 * Reads a rate card, a CSV with the columns country, prefix and price in any order. All rows, or the first 100 problems:
 * a card is taken whole or not at all.
 */
export function parseRateCard(csv: string): { rows: RateRow[] } | { problems: RateCardProblem[] } {
  const read = readCsv(csv);
  if ('problems' in read) return read;
  const [header, ...lines] = read.lines;
  const columns = header ? findColumns(header.record) : null;
  if (!columns) return { problems: [{ line: 1, detail: 'The first line must be the header: country,prefix,price.' }] };
  if (lines.length === 0) return { problems: [{ line: 2, detail: 'The card has no rows.' }] };
  if (lines.length > MAX_RATE_ROWS) {
    return { problems: [{ line: lines[MAX_RATE_ROWS]?.line ?? 0, detail: `At most ${MAX_RATE_ROWS} rows.` }] };
  }
  return readRows(lines, columns);
}

type CsvLine = { line: number; record: string[] };

function readCsv(csv: string): { lines: CsvLine[] } | { problems: RateCardProblem[] } {
  try {
    const lines: CsvLine[] = [];
    parse(csv, {
      bom: true,
      on_record: (record: string[], context) => {
        lines.push({ line: context.lines, record: record.map((value) => value.trim()) });
        return null;
      },
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      to: MAX_RATE_ROWS + 2,
      trim: true,
    });
    return { lines };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return { problems: [{ line, detail: 'The quotes of this line are not those of a CSV.' }] };
  }
}

function findColumns(header: string[]): Record<'country' | 'prefix' | 'price', number> | null {
  const names = header.map((name) => name.toLowerCase());
  const columns = { country: names.indexOf('country'), prefix: names.indexOf('prefix'), price: names.indexOf('price') };
  return names.length === 3 && Object.values(columns).every((at) => at >= 0) ? columns : null;
}

const MAX_PROBLEMS = 100;

function readRows(
  lines: CsvLine[],
  columns: Record<'country' | 'prefix' | 'price', number>,
): { rows: RateRow[] } | { problems: RateCardProblem[] } {
  const rows: RateRow[] = [];
  const problems: RateCardProblem[] = [];
  const seen = new Map<string, number>();
  for (const { line, record } of lines) {
    const row = readRow(record, columns);
    const first = typeof row === 'string' ? undefined : seen.get(nameOf(row));
    if (typeof row === 'string') problems.push({ line, detail: row });
    else if (first !== undefined) problems.push({ line, detail: `Line ${first} has this country and prefix already.` });
    else {
      seen.set(nameOf(row), line);
      rows.push(row);
    }
    if (problems.length === MAX_PROBLEMS) break;
  }
  return problems.length > 0 ? { problems } : { rows };
}

// Answers the row, or the sentence that says what is wrong with it.
function readRow(record: string[], columns: Record<'country' | 'prefix' | 'price', number>): RateRow | string {
  if (record.length !== 3) return 'A row has three values: country, prefix, price.';
  const country = (record[columns.country] ?? '').toUpperCase();
  const prefix = record[columns.prefix] ?? '';
  const price = parseAmount(record[columns.price] ?? '');
  if (country !== '' && !isRateCountry(country)) return 'The country must be an ISO code of two letters, like DE.';
  if (prefix !== '' && !PREFIX.test(prefix)) return 'The prefix must be 1 to 15 digits of an international number.';
  if (country === '' && prefix === '') return 'A row names a country, a prefix, or both.';
  if (price === null || price > MAX_PRICE) return 'The price must be a decimal like "0.0395", at most 1000000.00.';
  return { country: country === '' ? null : country, prefix, price };
}

/** How two cards differ, row by row: how many rows come, change, go and stay, and the first differences. */
export function compareCards(before: RateRow[], after: RateRow[], shown: number) {
  const old = new Map(before.map((row) => [nameOf(row), row]));
  const now = new Set(after.map(nameOf));
  const gone = before.filter((row) => !now.has(nameOf(row)));
  const added = after.filter((row) => !old.has(nameOf(row)));
  const changed = after.filter((row) => (old.get(nameOf(row))?.price ?? row.price) !== row.price);
  const differences = [
    ...changed.map((row) => ({ ...keyOf(row), before: old.get(nameOf(row))!.price, after: row.price })),
    ...added.map((row) => ({ ...keyOf(row), before: null, after: row.price })),
    ...gone.map((row) => ({ ...keyOf(row), before: row.price, after: null })),
  ];
  return {
    added: added.length,
    changed: changed.length,
    removed: gone.length,
    unchanged: after.length - added.length - changed.length,
    differences: differences.slice(0, shown),
  };
}

const keyOf = ({ country, prefix }: RateRow) => ({ country, prefix });
const nameOf = ({ country, prefix }: RateRow): string => `${country ?? ''}/${prefix}`;
