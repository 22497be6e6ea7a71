import { describeFault, log } from '@/server/log';

/** How a row of some kind is printed: the name of each column and its cell. `text`: what somebody typed. */
export type Columns<T> = Record<string, ((row: T) => Cell) | { text: (row: T) => string | null }>;
type Cell = string | number | null;

/**
 * Prints pages of rows as CSV (RFC 4180), the names of the columns first.
 * Text is quoted, and kept from being run as a formula where the file is opened (OWASP, CSV injection); numbers, times
 * and ids are printed as they are, so that a program reads them back unchanged.
 */
export async function* printCsv<T>(columns: Columns<T>, pages: AsyncIterable<T[]>): AsyncGenerator<string> {
  const cells = Object.values(columns).map((column) =>
    typeof column === 'function' ? (row: T) => printCell(column(row)) : (row: T) => printText(column.text(row)),
  );
  let head = `${Object.keys(columns).join(',')}\r\n`;
  for await (const page of pages) {
    for (let at = 0; at === 0 || at < page.length; at += PIECE_ROWS) {
      const rows = page.slice(at, at + PIECE_ROWS);
      yield head + rows.map((row) => `${cells.map((cell) => cell(row)).join(',')}\r\n`).join('');
      head = '';
    }
  }
}

/** Some tens of kilobytes: a text of hundreds is kept among what lives long, and a long export fills the memory with them. */
const PIECE_ROWS = 100;

function printCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? quoted(text) : text;
}

/** Text that a spreadsheet runs, also after it has dropped a line end before it; full-width signs are read as the others. */
const FORMULA = /^[=+\-@＝＋－＠\t\r\n]/;

/** A number of a phone or an id of digits: no formula, and a program compares it with its own. */
const DIGITS = /^\+?[0-9]+$/;

function printText(text: string | null): string {
  if (text === null) return '';
  return quoted(FORMULA.test(text) && !DIGITS.test(text) ? `'${text}` : text);
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Tells a spreadsheet that a file is UTF-8; a program would read it as part of the first column's name. */
const BOM = '\uFEFF';

/**
 * Streams pieces of CSV as an answer: one is made when the one before has been taken. What goes wrong before the first
 * is thrown; what goes wrong later breaks the connection off, so that half a file never looks whole.
 * @param reader who opens it: a spreadsheet or a program
 */
export async function csvResponse(
  name: string,
  pieces: AsyncIterable<string>,
  reader: 'spreadsheet' | 'program',
): Promise<Response> {
  const iterator = pieces[Symbol.asyncIterator]();
  let next = await iterator.next();
  let head = reader === 'spreadsheet' ? BOM : '';
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next.done) return controller.close();
        controller.enqueue(encoder.encode(head + next.value));
        head = '';
        try {
          next = await iterator.next();
        } catch (error) {
          log({ msg: 'an export broke off', level: 'error', export: name, ...describeFault(error) });
          throw error;
        }
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, {
    headers: {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="${name}"`,
      'Cache-Control': 'no-store',
    },
  });
}
