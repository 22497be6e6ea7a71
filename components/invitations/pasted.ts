import { parse } from 'csv-parse/browser/esm/sync';
import type { Micros } from '@/server/domain/core/money';
import { readTyped } from '@/components/ui/money/format';

/** One line of a pasted list: the person to invite, or the error of the line. */
export type Pasted = {
  line: number;
  email: string;
  name?: string;
  role?: 'owner' | 'member';
  credit?: Micros;
  problem?: string;
};

/** The most lines that a list may have. */
export const PASTED_MAX = 1_000;

const COLUMNS = ['email', 'name', 'role', 'credit'] as const;

/**
 * Reads a pasted list: one address per line or separated by commas, "Name <address>", or a CSV with the columns email,
 * name, role and credit. Without a header line, the columns have this order.
 */
export function readPasted(text: string, currency: string, locale: string): Pasted[] {
  // Email programs write a quoted name, which may contain a comma, before the address.
  const plain = text.replace(/^\s*"([^"\n]*)"\s*<([^<>\n]*)>/gm, '"$1 <$2>"');
  const lines = plain.trim().includes('\n') || plain.includes('"') ? plain : plain.replace(/[,;](?=[^,;]*@)/g, '\n');
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    rows = parse(lines, {
      delimiter: [',', ';', '\t'],
      info: true,
      bom: true,
      trim: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    }) as unknown as typeof rows;
  } catch {
    return [{ line: 1, email: '', problem: 'Unclosed quotation mark.' }];
  }
  const head = rows[0]?.record.map((cell) => cell.toLowerCase());
  const named = head?.includes('email') ? head : null;
  const order: readonly string[] = named ?? COLUMNS;
  const seen = new Set<string>();
  return (named ? rows.slice(1) : rows).map(({ record, info }) => {
    const cell = (name: string) => record[order.indexOf(name)]?.trim() ?? '';
    const row = { line: info.lines, ...readRow(cell, currency, locale) };
    const key = row.email.toLowerCase();
    if (!row.problem && seen.has(key)) return { ...row, problem: 'Already in the list.' };
    seen.add(key);
    return row;
  });
}

function readRow(cell: (name: string) => string, currency: string, locale: string): Omit<Pasted, 'line'> {
  const [, called, address] = /^(.*?)\s*<([^<>]+)>$/.exec(cell('email')) ?? [];
  const email = address ?? cell('email');
  const name = cell('name') || called;
  const role = cell('role').toLowerCase();
  const typed = readTyped(cell('credit'), currency, locale, { all: false });
  const amount = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
  const problem = !/^\S+@\S+$/.test(email)
    ? 'Invalid email address.'
    : role !== '' && role !== 'owner' && role !== 'member'
      ? 'The role must be owner or member.'
      : 'problem' in typed
        ? 'Invalid credit amount.'
        : undefined;
  return {
    email,
    ...(name && { name }),
    ...((role === 'owner' || role === 'member') && { role }),
    ...(amount !== null && { credit: amount }),
    ...(problem && { problem }),
  };
}
