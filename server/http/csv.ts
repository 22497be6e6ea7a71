import { describeFault, log } from '@/server/log';

/** How a row of some kind is printed: the name of each column and its cell. `text`: words that somebody typed. */
export type Columns<T> = Record<string, ((row: T) => Cell) | { text: (row: T) => string | null }>;
type Cell = string | number | null;

/** Whether the caller asks for CSV. */
export const wantsCsv = (request: Request): boolean => /\btext\/csv\b/i.test(request.headers.get('accept') ?? '');

/**
 * Prints pages of rows as CSV (RFC 4180), the names of the columns first.
 * Words that somebody typed are kept from being run as a formula where the file is opened (OWASP, CSV injection); numbers
 * and ids are printed as they are, so that a program reads them back unchanged.
 */
export async function* printCsv<T>(columns: Columns<T>, pages: AsyncIterable<T[]>): AsyncGenerator<string> {
  const cells = Object.values(columns).map((column) =>
    typeof column === 'function' ? column : (row: T) => defused(column.text(row)),
  );
  let head = `${Object.keys(columns).join(',')}\r\n`;
  for await (const page of pages) {
    for (let at = 0; at === 0 || at < page.length; at += PIECE_ROWS) {
      const rows = page.slice(at, at + PIECE_ROWS);
      yield head + rows.map((row) => `${cells.map((cell) => quoted(cell(row))).join(',')}\r\n`).join('');
      head = '';
    }
  }
}

/** Some tens of kilobytes: a text of hundreds is kept among what lives long, and a long export fills the memory with them. */
const PIECE_ROWS = 100;

const defused = (text: string | null): string | null =>
  text !== null && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;

function quoted(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Streams pieces of CSV as an answer: one is made when the one before has been taken. What goes wrong before the first
 * is thrown; what goes wrong later breaks the connection off, so that half a file never looks whole.
 */
export async function csvResponse(name: string, pieces: AsyncIterable<string>): Promise<Response> {
  const iterator = pieces[Symbol.asyncIterator]();
  let next = await iterator.next();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next.done) return controller.close();
        controller.enqueue(encoder.encode(next.value));
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
      'Content-Disposition': `attachment; filename="${name}.csv"`,
      'Cache-Control': 'no-store',
    },
  });
}
