import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
  type CountryCode,
} from 'libphonenumber-js/max';

import { parseCountry } from '@/server/domain/core/countries';
import { type Micros, parseAmount } from '@/server/domain/core/money';
import { ROWS_PER_STRETCH, runAtOnce, type Stretches } from '@/server/domain/core/yielding';

/**
 * One row of a rate card: a country, a prefix (digits of E.164, no plus; '' for the whole country), or both.
 * `price` is for one segment, in micros.
 */
export type RateRow = { country: string | null; prefix: string; price: Micros };

/** Returns the price of one segment to a number in micros, or null if the card has no row for it (`no_rate`). */
export type FindRate = (e164: string, country: string) => Micros | null;

/**
 * Compiles a rate card to a lookup function. Among the rows whose prefix begins the number and whose country, if given, is
 * the number's own, the longest prefix wins; of two with the same prefix, the one with a country wins.
 */
export function* compileRatesInStretches(rows: RateRow[]): Stretches<FindRate> {
  const tables = new Map<string, Map<string, Micros>>();
  const used = new Set<number>();
  for (const [i, { country, prefix, price }] of rows.entries()) {
    const table = tables.get(country ?? ANY_COUNTRY) ?? new Map<string, Micros>();
    tables.set(country ?? ANY_COUNTRY, table.set(prefix, price));
    used.add(prefix.length);
    if (i % ROWS_PER_STRETCH === 0) yield;
  }
  const lengths = [...used].toSorted((a, b) => b - a);
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

/** Compiles a rate card without yielding to other requests. */
export const compileRates = (rows: RateRow[]): FindRate => runAtOnce(compileRatesInStretches(rows));

const ANY_COUNTRY = '';

export const MAX_RATE_ROWS = 100_000;

/**
 * Largest price of a segment: 1,000,000.00. It keeps the cost of the largest batch (1,000 texts of 24 segments) far below
 * the limit of a 64-bit balance.
 */
export const MAX_PRICE: Micros = 1_000_000_000_000n;

/** A non-empty prefix: digits of E.164 without the plus. */
export const PREFIX = /^[1-9][0-9]{0,14}$/;

/**
 * Returns the reason why a row can never match a number, or null if it may. If the numbering plan leaves it open, the row
 * is accepted.
 */
export function whyNeverMatches({ country, prefix }: Pick<RateRow, 'country' | 'prefix'>): string | null {
  if (country !== null && !isSupportedCountry(country)) return `No phone number belongs to ${country}.`;
  if (prefix === '') return null;
  if (!canBeginCode(prefix) || /^1[01]/.test(prefix)) return `No country has numbers that begin with +${prefix}.`;
  if (prefix.startsWith('521')) return 'Mexican numbers no longer have a 1 after +52. Use the prefix 52.';
  if (country === null) return null;
  const code: string = getCountryCallingCode(country);
  if (!code.startsWith(prefix) && !prefix.startsWith(code)) {
    return `Numbers of ${country} begin with +${code}, not with +${prefix}.`;
  }
  const rest = prefix.slice(code.length);
  if (rest.length > longestOf(country)) return `No number of ${country} is as long as +${prefix}.`;
  const isTheirs = code === '1' ? isOfArea(country, rest) : canBegin(country, rest);
  return isTheirs ? null : `+${prefix} is not in ${country}: it belongs to another country that shares +${code}.`;
}

const CALLING_CODES: ReadonlySet<string> = new Set(getCountries().map((country) => getCountryCallingCode(country)));

/** Every calling code and its beginnings. Codes have 1 to 3 digits, and none is the beginning of another. */
const CODE_BEGINNINGS: ReadonlySet<string> = new Set(
  [...CALLING_CODES].flatMap((code) => [1, 2, 3].map((end) => code.slice(0, end))),
);

const canBeginCode = (prefix: string): boolean =>
  CODE_BEGINNINGS.has(prefix) || [1, 2, 3].some((end) => CALLING_CODES.has(prefix.slice(0, end)));

type Plan = { possibleLengths(): number[]; leadingDigits(): string | null | undefined };

const planOf = memoize((country: CountryCode): Plan => {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types lack the leading digits of countries that share a code
  return metadata.numberingPlan as unknown as Plan;
});

const longestOf = memoize((country: CountryCode): number => Math.max(...planOf(country).possibleLengths()));

/** Returns the countries of an area code of the North American plan; empty if it is not in use. */
const countriesOfArea = memoize((area: string): ReadonlySet<string> => {
  const numbers = ['234', '555', '201', '789'].map((exchange) =>
    parsePhoneNumberFromString(`+1${area}${exchange}0123`),
  );
  return new Set(numbers.flatMap((number) => (number?.isValid() && number.country ? [number.country] : [])));
});

function isOfArea(country: CountryCode, rest: string): boolean {
  if (rest.length < 3) return true;
  const countries = countriesOfArea(rest.slice(0, 3));
  return countries.size === 0 || countries.has(country);
}

/** Most digits after a shared calling code that identify a country. */
const LEADING_DIGITS_MAX = 5;

/** Returns every beginning of a country's numbers if its leading digits identify it, else null. */
const beginningsOf = memoize((country: CountryCode): ReadonlySet<string> | null => {
  const leading = planOf(country).leadingDigits();
  if (!leading) return null;
  const pattern = new RegExp(`^(?:${leading})`);
  const found = new Set<string>();
  for (let i = 0; i < 10 ** LEADING_DIGITS_MAX; i += 1) {
    const digits = String(i).padStart(LEADING_DIGITS_MAX, '0');
    if (pattern.test(digits)) for (let end = 0; end <= LEADING_DIGITS_MAX; end += 1) found.add(digits.slice(0, end));
  }
  return found;
});

function canBegin(country: CountryCode, rest: string): boolean {
  const beginnings = beginningsOf(country);
  return beginnings === null || beginnings.has(rest.slice(0, LEADING_DIGITS_MAX));
}

function memoize<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    if (!known.has(key)) known.set(key, make(key));
    return known.get(key)!;
  };
}

/** An invalid line of a rate card: its number in the file (the header is 1) and the text that says how to fix it. */
export type RateCardProblem = { line: number; detail: string };

/** A price whose comma may be a thousands separator, and the micros as which it was read. */
export type UnclearPrice = { typed: string; price: Micros };

/** The result of reading a card: all rows, or the first problems and their number. A card is never imported partly. */
export type RateCard =
  | { rows: RateRow[]; unclear?: UnclearPrice | undefined }
  | { problems: RateCardProblem[]; count: number };

const failedAt = (line: number, detail: string): RateCard => ({ problems: [{ line, detail }], count: 1 });

/**
 * Reads a rate card: a CSV with the columns country, prefix and price in any order, in the variants that spreadsheets
 * write: commas, semicolons or tabs, a `sep=` line, decimal commas, empty columns.
 */
export function* readRateCard(csv: string): Stretches<RateCard> {
  const { text, separator, offset } = findSeparator(csv);
  const read = yield* readCsv(text, separator);
  if ('detail' in read) return failedAt(read.line + offset, read.detail);
  const [header, ...lines] = read.lines.map(({ line, record }) => ({ line: line + offset, record }));
  if (!header) return failedAt(1, 'The file is empty. The first line must be the header: country,prefix,price.');
  const columns = findColumns(header.record);
  if (typeof columns === 'string') return failedAt(header.line, columns);
  if (lines.length === 0) return failedAt(header.line + 1, 'The file has no rows. Add at least one.');
  if (lines.length > MAX_RATE_ROWS) return failedAt(lines[MAX_RATE_ROWS]!.line, `At most ${MAX_RATE_ROWS} rows.`);
  return yield* readRows(lines, columns);
}

/** Reads a rate card without yielding to other requests. */
export const parseRateCard = (csv: string): RateCard => runAtOnce(readRateCard(csv));

const SEPARATORS = [';', '\t', ','];

/** Returns the separator of the values; `offset` is the number of lines before the text. */
function findSeparator(csv: string): { text: string; separator: string; offset: number } {
  const text = csv.replace(/^\uFEFF/, '');
  const declared = /^"?sep=([^\r\n"])"?\s*(?:\r\n|\n|\r|$)/i.exec(text);
  if (declared) return { text: text.slice(declared[0].length), separator: declared[1]!, offset: 1 };
  const header = /[^\r\n]+/.exec(text)?.[0] ?? '';
  return { text, separator: SEPARATORS.find((one) => header.includes(one)) ?? ',', offset: 0 };
}

type CsvLine = { line: number; record: string[] };

/** Returns the lines that hold a value, read piece by piece. */
function* readCsv(csv: string, delimiter: string): Stretches<{ lines: CsvLine[] } | RateCardProblem> {
  const lines: CsvLine[] = [];
  let before = 0;
  for (const piece of cutCsv(csv)) {
    const problem = readPiece(piece, delimiter, (line, record) => {
      if (record.some((value) => value !== '')) lines.push({ line: line + before, record });
    });
    if (problem) return { ...problem, line: problem.line + before };
    // One row above the limit is enough to refuse the card; the header is one more line.
    if (lines.length > MAX_RATE_ROWS + 1) break;
    before += piece.match(LINE_END)?.length ?? 0;
    yield;
  }
  return { lines };
}

const LINE_END = /\r\n|\n|\r/g;

/** Characters of a piece, which takes some milliseconds to read. A piece reaches the maximum only if a quote is not closed. */
const PIECE_CHARACTERS = 32_768;
const PIECE_CHARACTERS_MAX = 1_048_576;

/** Splits a CSV at line ends outside quotes, that is after an even number of quotes. */
function* cutCsv(csv: string): Generator<string> {
  const lineEnd = new RegExp(LINE_END);
  for (let start = 0; start < csv.length;) {
    let end = start;
    let isQuoted = false;
    lineEnd.lastIndex = start + PIECE_CHARACTERS;
    do {
      const next = lineEnd.exec(csv) ? lineEnd.lastIndex : csv.length;
      if ((csv.slice(end, next).split('"').length - 1) % 2 === 1) isQuoted = !isQuoted;
      end = next;
    } while (isQuoted && end < csv.length && end - start < PIECE_CHARACTERS_MAX);
    yield csv.slice(start, end);
    start = end;
  }
}

function readPiece(
  piece: string,
  delimiter: string,
  take: (line: number, record: string[]) => void,
): RateCardProblem | null {
  try {
    parse(piece, {
      delimiter,
      on_record: (record: string[], context) => {
        const values = record.map((value) => value.trim());
        take(context.lines, values);
        return null;
      },
      relax_column_count: true,
      skip_empty_lines: true,
      // Trimming would remove tabs that separate values.
      trim: delimiter !== '\t',
    });
    return null;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return {
      line,
      detail: 'A quote in this line is not closed, or is inside a value. Double quotes that are part of a value.',
    };
  }
}

const COLUMNS = ['country', 'prefix', 'price'] as const;
type Columns = Record<(typeof COLUMNS)[number], number>;

/** Returns the position of each column, or the error of the header. Columns without a name are skipped. */
function findColumns(header: string[]): Columns | string {
  const names = header.map((name) => name.toLowerCase());
  const at = (name: string) => names.indexOf(name);
  const missing = COLUMNS.filter((name) => at(name) === -1);
  if (missing.length === COLUMNS.length) return 'The first line must be the header: country,prefix,price.';
  if (missing.length > 0) return `The header has no column ${missing.join(' and no column ')}.`;
  const extra = header.find((_, i) => names[i] !== '' && !COLUMNS.some((name) => at(name) === i));
  if (extra === undefined) return { country: at('country'), prefix: at('prefix'), price: at('price') };
  const isTwice = COLUMNS.some((name) => name === extra.toLowerCase());
  return isTwice
    ? `The header has the column ${extra.toLowerCase()} twice.`
    : `Unknown column in the header: ${extra.slice(0, 40)}. Remove it.`;
}

const MAX_PROBLEMS = 100;

function* readRows(lines: CsvLine[], columns: Columns): Stretches<RateCard> {
  const rows: RateRow[] = [];
  const problems: RateCardProblem[] = [];
  let count = 0;
  const seen = new Map<string, number>();
  const isPointed = lines.some(({ record }) => /^[0-9]+\.[0-9]+$/.test(record[columns.price] ?? ''));
  for (const [i, { line, record }] of lines.entries()) {
    if (i % ROWS_PER_STRETCH === 0) yield;
    const row = readRow(record, columns, isPointed);
    const name = typeof row === 'string' ? '' : nameOf(row);
    const first = seen.get(name);
    const detail =
      typeof row === 'string' ? row : first && `Line ${first} already has this country and prefix. Remove one of them.`;
    if (detail) {
      count += 1;
      if (count <= MAX_PROBLEMS) problems.push({ line, detail });
    } else if (typeof row !== 'string') {
      seen.set(name, line);
      rows.push(row);
    }
  }
  return count > 0 ? { problems, count } : { rows, unclear: findUnclear(lines, columns, rows) };
}

/** Finds the first price such as `1,234`, if every comma may be a thousands separator. A single `0,075` excludes that. */
function findUnclear(lines: CsvLine[], columns: Columns, rows: RateRow[]): UnclearPrice | undefined {
  let first: UnclearPrice | undefined;
  for (const [i, { record }] of lines.entries()) {
    const typed = record[columns.price]!;
    if (!typed.includes(',')) continue;
    if (!/^[1-9][0-9]{0,2},[0-9]{3}$/.test(typed)) return undefined;
    first ??= { typed, price: rows[i]!.price };
  }
  return first;
}

/** Returns the row, or its error. `isPointed`: other prices have a decimal point. */
function readRow(record: string[], columns: Columns, isPointed: boolean): RateRow | string {
  const places = Object.values(columns);
  const last = Math.max(...places);
  if (record.length <= last) return `The row has ${record.length} values, and the header ${last + 1}.`;
  if (record.some((value, i) => value !== '' && !places.includes(i))) return 'The row has more values than the header.';
  const [code, prefix, typed] = [record[columns.country]!, record[columns.prefix]!, record[columns.price]!];
  const country = parseCountry(code);
  if (code !== '' && country === null)
    return `The country must be an ISO code of two letters, like DE: ${quote(code)}.`;
  if (/^(\+|00)/.test(prefix)) return `Write the prefix without + and 00: ${quote(prefix)}.`;
  if (prefix !== '' && !PREFIX.test(prefix)) {
    return `The prefix must be 1 to 15 digits of an international number: ${quote(prefix)}.`;
  }
  if (country === null && prefix === '') return 'A row needs a country, a prefix, or both.';
  const price = readPrice(typed, isPointed);
  if (typeof price === 'string') return price;
  return whyNeverMatches({ country, prefix }) ?? { country, prefix, price };
}

function readPrice(text: string, isPointed: boolean): Micros | string {
  if (text === '') return 'The price is missing.';
  const hasComma = /^[0-9]+,[0-9]+$/.test(text);
  if (hasComma && isPointed) return `Other prices have a decimal point. Use one here too: ${quote(text)}.`;
  const price = parseAmount(hasComma ? text.replace(',', '.') : text);
  if (price === null) {
    return `The price must be a decimal like 0.0395, with at most six decimals and no currency: ${quote(text)}.`;
  }
  return price > MAX_PRICE ? 'The price must be at most 1000000.00.' : price;
}

const quote = (text: string): string => `“${text.slice(0, 40)}”`;

const FREE_NAMED = 100;

/** Returns the labels of the first rows with price 0 (`FR`, `+4915`, `DE +49`) and the number of such rows. */
export function freeRowsOf(rows: Iterable<RateRow>): { free: string[]; freeRows: number } {
  const free: string[] = [];
  let freeRows = 0;
  for (const { country, prefix, price } of rows) {
    if (price !== 0n) continue;
    freeRows += 1;
    if (freeRows <= FREE_NAMED) free.push([country, prefix && `+${prefix}`].filter(Boolean).join(' '));
  }
  return { free, freeRows };
}

/** Creates a cache that holds values up to a number of bytes and evicts the least recently used ones. */
export function boundedCache<V>(maxBytes: number) {
  const kept = new Map<string, { value: V; bytes: number }>();
  let total = 0;
  const drop = (key: string): void => {
    total -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  };
  return {
    get: (key: string): V | undefined => {
      const found = kept.get(key);
      if (!found) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    set: (key: string, value: V, bytes: number): void => {
      drop(key);
      if (bytes > maxBytes) return;
      kept.set(key, { value, bytes });
      total += bytes;
      for (const oldest of kept.keys()) {
        if (total <= maxBytes) return;
        drop(oldest);
      }
    },
    size: () => ({ entries: kept.size, bytes: total }),
  };
}

/** Returns the measured memory of a compiled card in bytes: each row is a table entry with its prefix and price. */
export const cardBytes = (rows: number): number => 4_096 + rows * 200;

type Difference = { country: string | null; prefix: string; before: Micros | null; after: Micros | null };

/** Returns the number of added, changed, removed and unchanged rows between two cards, and the first differences. */
export function* compareCards(before: RateRow[], after: RateRow[], shown: number) {
  const old = new Map<string, Micros>();
  for (const [i, row] of before.entries()) {
    old.set(nameOf(row), row.price);
    if (i % ROWS_PER_STRETCH === 0) yield;
  }
  const added: Difference[] = [];
  const changed: Difference[] = [];
  const kept = new Set<string>();
  for (const [i, row] of after.entries()) {
    if (i % ROWS_PER_STRETCH === 0) yield;
    const name = nameOf(row);
    const price = old.get(name);
    if (price !== undefined) kept.add(name);
    if (price === undefined) added.push({ ...keyOf(row), before: null, after: row.price });
    else if (price !== row.price) changed.push({ ...keyOf(row), before: price, after: row.price });
  }
  const removed: Difference[] = [];
  for (const [i, row] of before.entries()) {
    if (i % ROWS_PER_STRETCH === 0) yield;
    if (!kept.has(nameOf(row))) removed.push({ ...keyOf(row), before: row.price, after: null });
  }
  return {
    added: added.length,
    changed: changed.length,
    removed: removed.length,
    unchanged: after.length - added.length - changed.length,
    differences: [...changed, ...added, ...removed].slice(0, shown),
  };
}

const keyOf = ({ country, prefix }: RateRow) => ({ country, prefix });

/** Returns the name that identifies a row in its card: no two rows have the same country and prefix. */
export const nameOf = ({ country, prefix }: Pick<RateRow, 'country' | 'prefix'>): string =>
  `${country ?? ''}/${prefix}`;
