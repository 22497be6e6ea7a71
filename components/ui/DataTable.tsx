'use client';

import {
  columnVisibilityFeature,
  createColumnHelper,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useRef, type ReactNode } from 'react';
import { useShortcut } from './shortcuts';
import styles from './table.module.css';

/** The database sorts, pages and searches; the table only renders. */
const features = tableFeatures({ columnVisibilityFeature });

export type Column<Row extends RowData> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** The first column, with the row's name and link. */
  main?: boolean;
  right?: boolean;
  /** Truncates long values; the cell shows the full text on hover. */
  wide?: boolean;
  /** Wraps sentences instead of truncating them. */
  prose?: boolean;
  sortable?: boolean;
};

export type Sort<Key extends string = string> = { by: Key; direction: 'asc' | 'desc' };

type Props<Row extends RowData> = {
  /** The table's name for screen readers. */
  label: string;
  columns: Column<Row>[];
  hidden?: string[] | undefined;
  rows: Row[];
  idOf: (row: Row) => string;
  nameOf: (row: Row) => string;
  sort?: Sort | undefined;
  onSort?: (by: string) => void;
  selection?: { has: (id: string) => boolean; toggle: (rows: Row[], on: boolean) => void } | undefined;
  actions?: (row: Row) => ReactNode;
  /** True while the rows of the previous query are still shown. */
  stale?: boolean;
};

/**
 * Returns columns for TanStack Table. Cells are called as functions and not rendered by it, because a new function
 * would remount the cell.
 */
function defineColumns<Row extends RowData>(columns: Column<Row>[]): ColumnDef<typeof features, Row>[] {
  const helper = createColumnHelper<typeof features, Row>();
  return columns.map(({ id, header }) => helper.display({ id, header }));
}

/** A table of rows, rendered as cards on a phone. `j` and `k` move through the rows. */
export function DataTable<Row extends RowData>(props: Props<Row>) {
  const { label, columns, hidden = [], rows, idOf, nameOf, selection, actions, stale } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const table = useTable({
    features,
    columns: defineColumns(columns),
    data: rows,
    getRowId: idOf,
    state: { columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])) },
  });
  const about = new Map(columns.map((column) => [column.id, column]));
  useRowKeys(body);
  return (
    <div className={styles.frame}>
      <table className={`${styles.table} ${stale ? styles.stale : ''}`} aria-label={label} aria-busy={stale}>
        <thead>
          <tr>
            {selection && (
              <th scope="col" className={styles.check}>
                <SelectAll rows={rows} idOf={idOf} selection={selection} />
              </th>
            )}
            {table.getVisibleLeafColumns().map(({ id }) => (
              <HeadCell key={id} column={about.get(id)!} sort={props.sort} onSort={props.onSort} />
            ))}
            {actions && (
              <th scope="col" className={styles.actions}>
                <span className="hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody ref={body}>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} data-selected={selection?.has(row.id) || undefined}>
              {selection && (
                <td className={styles.check}>
                  <input
                    type="checkbox"
                    className={styles.box}
                    aria-label={`Select ${nameOf(row.original)}`}
                    checked={selection.has(row.id)}
                    onChange={(event) => selection.toggle([row.original], event.currentTarget.checked)}
                  />
                </td>
              )}
              {row.getVisibleCells().map((cell) => {
                const { header, right, wide, prose, main, cell: show } = about.get(cell.column.id)!;
                return (
                  <td
                    key={cell.id}
                    data-label={header}
                    data-right={right || undefined}
                    data-wide={wide || undefined}
                    data-prose={prose || undefined}
                    data-main={main || undefined}
                  >
                    {show(row.original)}
                  </td>
                );
              })}
              {actions && <td className={styles.actions}>{actions(row.original)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SelectAll<Row extends RowData>({
  rows,
  idOf,
  selection,
}: Pick<Props<Row>, 'rows' | 'idOf'> & { selection: NonNullable<Props<Row>['selection']> }) {
  const chosen = rows.filter((row) => selection.has(idOf(row))).length;
  return (
    <input
      type="checkbox"
      className={styles.box}
      aria-label="Select all on this page"
      checked={chosen > 0 && chosen === rows.length}
      ref={(box) => {
        if (box) box.indeterminate = chosen > 0 && chosen < rows.length;
      }}
      onChange={(event) => selection.toggle(rows, event.currentTarget.checked)}
    />
  );
}

type HeadProps<Row extends RowData> = {
  column: Column<Row>;
  sort: Sort | undefined;
  onSort: ((by: string) => void) | undefined;
};

function HeadCell<Row extends RowData>({ column, sort, onSort }: HeadProps<Row>) {
  const { id, header, right, sortable } = column;
  if (!sortable || !onSort) {
    return (
      <th scope="col" data-right={right || undefined}>
        {header}
      </th>
    );
  }
  const active = sort?.by === id ? sort.direction : undefined;
  return (
    <th
      scope="col"
      data-right={right || undefined}
      aria-sort={active ? (active === 'asc' ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" className={styles.sort} data-active={active} onClick={() => onSort(id)}>
        {header}
        {active === 'asc' && <ArrowUp size={12} aria-hidden />}
        {active === 'desc' && <ArrowDown size={12} aria-hidden />}
      </button>
    </th>
  );
}

/** Moves the focus through the rows with `j` and `k`, and selects a row with `x`. */
function useRowKeys(body: React.RefObject<HTMLTableSectionElement | null>): void {
  const step = (by: 1 | -1) => {
    const links = [...(body.current?.querySelectorAll<HTMLElement>('td[data-main] :is(a, button)') ?? [])];
    const row = document.activeElement?.closest('tr');
    const now = links.findIndex((link) => link.closest('tr') === row);
    const next = now === -1 ? (by === 1 ? 0 : links.length - 1) : now + by;
    links[Math.max(0, Math.min(next, links.length - 1))]?.focus();
  };
  useShortcut('j', 'Next row', () => step(1));
  useShortcut('k', 'Previous row', () => step(-1));
  useShortcut('x', 'Select row', () => {
    const box = document.activeElement?.closest('tr')?.querySelector<HTMLElement>('input[type=checkbox]');
    box?.click();
  });
}
