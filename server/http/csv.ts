import { describeFault, log } from '@/server/log';
import type { Cell, Rows } from '@/server/operations/operation';

/**
 * Prints pages of rows as CSV (RFC 4180) with a header line. Quotes free text and escapes formulas in it (OWASP, CSV
 * injection); numbers, times and ids stay unchanged for programs.
 */
// Not csv-stringify 6.9: with these rules it takes 14.6 s for a million messages, streamed 18.6 s; this takes 2.9 s.
export async function* printCsv<T>({ columns, pages }: Rows<T>): AsyncGenerator<string> {
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

/**
 * Limits a chunk to some tens of kilobytes: larger strings are promoted to the old heap, where a long export would pile
 * them up.
 */
const PIECE_ROWS = 100;

function printCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? quoted(text) : text;
}

/**
 * Matches text that a spreadsheet runs as a formula, also after a dropped line end; full-width signs count like ASCII
 * ones.
 */
const FORMULA = /^[=+\-@＝＋－＠\t\r\n]/;

/** Matches a phone number or a numeric id: not a formula, and programs compare it as it is. */
const DIGITS = /^\+?[0-9]+$/;

function printText(text: string | null): string {
  if (text === null) return '';
  return quoted(FORMULA.test(text) && !DIGITS.test(text) ? `'${text}` : text);
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/**
 * The byte order mark, by which a spreadsheet recognises UTF-8; a program would read it as part of the first header.
 */
const BOM = '\uFEFF';

/**
 * Streams CSV as a response with backpressure. An error before the first chunk is thrown; a later one breaks the
 * connection off, so that a partial file never looks complete.
 * @param reader who opens the file: a spreadsheet or a program
 */
export async function csvResponse(name: string, rows: Rows, reader: 'spreadsheet' | 'program'): Promise<Response> {
  const iterator = printCsv(rows);
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
        await iterator.return(undefined);
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
