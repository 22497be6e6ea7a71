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
 * `price` is for one segment.
 */
export type RateRow = { country: string | null; prefix: string; price: Micros };

/** Finds the price of one segment to a number, or null where the card has no row for it (`no_rate`). */
export type FindRate = (e164: string, country: string) => Micros | null;

/**
 * Makes a rate card ready to be asked. Among the rows whose prefix begins the number and whose country, where given, is
 * the number's own, the longest prefix wins; of two with the same prefix, the one that names the country.
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

/** Makes a rate card ready to be asked, without a pause. */
export const compileRates = (rows: RateRow[]): FindRate => runAtOnce(compileRatesInStretches(rows));

const ANY_COUNTRY = '';

export const MAX_RATE_ROWS = 100_000;

/**
 * The most that a segment may cost: 1,000,000.00. It keeps the dearest batch (1,000 texts of 24 segments) far below
 * what one 64-bit balance can hold.
 */
export const MAX_PRICE: Micros = 1_000_000_000_000n;

/** A prefix where there is one: digits of E.164 without its plus. */
export const PREFIX = /^[1-9][0-9]{0,14}$/;

/**
 * Says why a row can never match a number, or null where it may. Where a plan leaves it open, a row may match: no card is
 * refused for what is not certain.
 */
export function whyNeverMatches({ country, prefix }: Pick<RateRow, 'country' | 'prefix'>): string | null {
  if (country !== null && !isSupportedCountry(country)) return `No phone number belongs to ${country}.`;
  if (prefix === '') return null;
  if (!canBeginCode(prefix) || /^1[01]/.test(prefix)) return `No country has numbers that begin with +${prefix}.`;
  if (prefix.startsWith('521')) return 'Numbers of Mexico no longer have a 1 after +52: the prefix is 52.';
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

/** Every text that is a calling code or its beginning. Codes have 1 to 3 digits, and none begins another. */
const CODE_BEGINNINGS: ReadonlySet<string> = new Set(
  [...CALLING_CODES].flatMap((code) => [1, 2, 3].map((end) => code.slice(0, end))),
);

const canBeginCode = (prefix: string): boolean =>
  CODE_BEGINNINGS.has(prefix) || [1, 2, 3].some((end) => CALLING_CODES.has(prefix.slice(0, end)));

type Plan = { possibleLengths(): number[]; leadingDigits(): string | null | undefined };

const planOf = remembered((country: CountryCode): Plan => {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types lack what a country of a shared code begins with
  return metadata.numberingPlan as unknown as Plan;
});

const longestOf = remembered((country: CountryCode): number => Math.max(...planOf(country).possibleLengths()));

/** The countries of each area of the North American plan that is in use. */
const countriesOfArea = remembered((area: string): ReadonlySet<string> => {
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

/** How many digits tell a country of a shared calling code at most. */
const TELLING_DIGITS = 5;

/** Every beginning of the numbers of a country that is told by its first digits; null where it is told otherwise. */
const beginningsOf = remembered((country: CountryCode): ReadonlySet<string> | null => {
  const leading = planOf(country).leadingDigits();
  if (!leading) return null;
  const pattern = new RegExp(`^(?:${leading})`);
  const found = new Set<string>();
  for (let i = 0; i < 10 ** TELLING_DIGITS; i += 1) {
    const digits = String(i).padStart(TELLING_DIGITS, '0');
    if (pattern.test(digits)) for (let end = 0; end <= TELLING_DIGITS; end += 1) found.add(digits.slice(0, end));
  }
  return found;
});

function canBegin(country: CountryCode, rest: string): boolean {
  const beginnings = beginningsOf(country);
  return beginnings === null || beginnings.has(rest.slice(0, TELLING_DIGITS));
}

function remembered<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    if (!known.has(key)) known.set(key, make(key));
    return known.get(key)!;
  };
}

/** A line of a rate card that cannot be taken: its number in the file (the header is 1) and what to do about it. */
export type RateCardProblem = { line: number; detail: string };

/** A price whose comma may have been meant to separate thousands, and the price as which it was read. */
export type UnclearPrice = { typed: string; price: Micros };

/** A card is taken whole or not at all: its rows, or the first problems and how many there are. */
export type RateCard =
  | { rows: RateRow[]; unclear?: UnclearPrice | undefined }
  | { problems: RateCardProblem[]; count: number };

const failedAt = (line: number, detail: string): RateCard => ({ problems: [{ line, detail }], count: 1 });

/**
 * Reads a rate card, a CSV with the columns country, prefix and price in any order, as spreadsheets of any language write
 * it: separated by commas, semicolons or tabs, with a `sep=` line, with a decimal comma, with columns that are empty.
 */
export function* readRateCard(csv: string): Stretches<RateCard> {
  const { text, separator, offset } = findSeparator(csv);
  const read = yield* readCsv(text, separator);
  if ('detail' in read) return failedAt(read.line + offset, read.detail);
  const [header, ...lines] = read.lines.map(({ line, record }) => ({ line: line + offset, record }));
  if (!header) return failedAt(1, 'The file is empty. The first line must be the header: country,prefix,price.');
  const columns = findColumns(header.record);
  if (typeof columns === 'string') return failedAt(header.line, columns);
  if (lines.length === 0) return failedAt(header.line + 1, 'The card has no rows.');
  if (lines.length > MAX_RATE_ROWS) return failedAt(lines[MAX_RATE_ROWS]!.line, `At most ${MAX_RATE_ROWS} rows.`);
  return yield* readRows(lines, columns);
}

/** Reads a rate card without a pause. */
export const parseRateCard = (csv: string): RateCard => runAtOnce(readRateCard(csv));

const SEPARATORS = [';', '\t', ','];

/** By which character the values are separated; `offset`: how many lines stand before the text. */
function findSeparator(csv: string): { text: string; separator: string; offset: number } {
  const text = csv.replace(/^\uFEFF/, '');
  const told = /^"?sep=([^\r\n"])"?\s*(?:\r\n|\n|\r|$)/i.exec(text);
  if (told) return { text: text.slice(told[0].length), separator: told[1]!, offset: 1 };
  const header = /[^\r\n]+/.exec(text)?.[0] ?? '';
  return { text, separator: SEPARATORS.find((one) => header.includes(one)) ?? ',', offset: 0 };
}

type CsvLine = { line: number; record: string[] };

/** The lines that hold a value, read piece by piece. */
function* readCsv(csv: string, delimiter: string): Stretches<{ lines: CsvLine[] } | RateCardProblem> {
  const lines: CsvLine[] = [];
  let before = 0;
  for (const piece of cutCsv(csv)) {
    const problem = readPiece(piece, delimiter, (line, record) => {
      if (record.some((value) => value !== '')) lines.push({ line: line + before, record });
    });
    if (problem) return { ...problem, line: problem.line + before };
    // One row too many is enough to refuse the card: the header is one more.
    if (lines.length > MAX_RATE_ROWS + 1) break;
    before += piece.match(LINE_END)?.length ?? 0;
    yield;
  }
  return { lines };
}

const LINE_END = /\r\n|\n|\r/g;

/** A piece takes some milliseconds to read. No row is as long as the largest one, so a quote in it was left open. */
const PIECE_CHARACTERS = 32_768;
const PIECE_CHARACTERS_MAX = 1_048_576;

/** Cuts a CSV at line ends outside quotes: up to there the number of quotes is even. */
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
      // A tab is a space that would be trimmed.
      trim: delimiter !== '\t',
    });
    return null;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    return { line, detail: 'A quote in this line is not closed, or stands within a value. Write it twice there.' };
  }
}

const COLUMNS = ['country', 'prefix', 'price'] as const;
type Columns = Record<(typeof COLUMNS)[number], number>;

/** Returns the position of each column, or the sentence that says what is wrong with the header. Skips columns without a name. */
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
    : `The header has a column that a card does not have: ${extra.slice(0, 40)}. Remove it.`;
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
      typeof row === 'string' ? row : first && `Line ${first} has this country and prefix already. Remove one of them.`;
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

/** Finds a price to ask about where every comma may separate thousands: `1,234`. One `0,075` among them says that none does. */
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

/** Answers the row, or the sentence that says what is wrong with it. `isPointed`: other prices have a decimal point. */
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
  if (country === null && prefix === '') return 'A row names a country, a prefix, or both.';
  const price = readPrice(typed, isPointed);
  if (typeof price === 'string') return price;
  return whyNeverMatches({ country, prefix }) ?? { country, prefix, price };
}

function readPrice(text: string, isPointed: boolean): Micros | string {
  if (text === '') return 'The price is missing.';
  const hasComma = /^[0-9]+,[0-9]+$/.test(text);
  if (hasComma && isPointed) return `Other prices have a decimal point: write this one so too: ${quote(text)}.`;
  const price = parseAmount(hasComma ? text.replace(',', '.') : text);
  if (price === null) {
    return `The price must be a decimal like 0.0395, with at most six decimals and no currency: ${quote(text)}.`;
  }
  return price > MAX_PRICE ? 'The price must be at most 1000000.00.' : price;
}

const quote = (text: string): string => `“${text.slice(0, 40)}”`;

const FREE_NAMED = 100;

/** The rows that cost nothing, as they are named to people: `FR`, `+4915`, `DE +49`; the first of them, and how many. */
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

/** Remembers values by a key within a number of bytes: what was used longest ago goes first. */
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

/** Returns the memory of a compiled card in bytes, as measured: each row is a table entry with its prefix and price. */
export const cardBytes = (rows: number): number => 4_096 + rows * 200;

type Difference = { country: string | null; prefix: string; before: Micros | null; after: Micros | null };

/** Says how two cards differ: how many rows are added, changed, removed and unchanged, and the first differences. */
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
/** Tells the rows of a card apart: no two have the same country and prefix. */
export const nameOf = ({ country, prefix }: Pick<RateRow, 'country' | 'prefix'>): string =>
  `${country ?? ''}/${prefix}`;
