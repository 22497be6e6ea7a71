'use client';

import { useRef, useState, type CSSProperties, type PointerEvent, type ReactNode } from 'react';
import styles from './histogram.module.css';

/** One column, with its total and its marked part. */
export type Column = { id: string; name: string; size: number; marked: number };

type Props = {
  /** The chart's name for screen readers. */
  label: string;
  columns: Column[];
  /** Short names of the first and the last column. */
  ends: [string, string];
  /** Renders the readout of the column under the pointer. */
  read: (column: Column) => ReactNode;
  /** Called with the first and the last column of a drag; a click passes the same column twice. */
  onNarrow: (first: string, last: string) => void;
};

/** A histogram in which dragging narrows the range. Keyboard users have the range fields instead. */
export function Histogram({ label, columns, ends, read, onNarrow }: Props) {
  const plot = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const [begun, setBegun] = useState<number | null>(null);
  const top = Math.max(1, ...columns.map(({ size }) => size));
  const place = ({ clientX }: PointerEvent) => {
    const { left, width } = plot.current!.getBoundingClientRect();
    return Math.max(0, Math.min(columns.length - 1, Math.floor(((clientX - left) / width) * columns.length)));
  };
  const [first, last] = begun === null || pointed === null ? [-1, -2] : [begun, pointed].toSorted((a, b) => a - b);
  const shown = pointed === null ? undefined : columns[pointed];
  const end = (event: PointerEvent) => {
    if (begun === null) return;
    const [from, to] = [begun, place(event)].toSorted((a, b) => a - b);
    setBegun(null);
    onNarrow(columns[from!]!.id, columns[to!]!.id);
  };
  return (
    <figure className={styles.figure}>
      <div
        ref={plot}
        className={styles.plot}
        role="img"
        aria-label={label}
        style={{ '--columns': columns.length } as CSSProperties}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setBegun(place(event));
          setPointed(place(event));
        }}
        onPointerMove={(event) => setPointed(place(event))}
        onPointerUp={end}
        onPointerCancel={() => setBegun(null)}
        onPointerLeave={() => setPointed(null)}
      >
        {columns.map(({ id, size, marked }, i) => (
          <span key={id} className={styles.column} data-chosen={(i >= first! && i <= last!) || undefined}>
            {size > 0 && (
              <span className={styles.bar} style={{ height: `${(100 * size) / top}%` }}>
                {marked > 0 && <span className={styles.marked} style={{ height: `${(100 * marked) / size}%` }} />}
              </span>
            )}
          </span>
        ))}
      </div>
      <figcaption className={styles.foot}>
        <span>{ends[0]}</span>
        <span className={styles.readout} aria-hidden>
          {shown ? read(shown) : ' '}
        </span>
        <span>{ends[1]}</span>
      </figcaption>
    </figure>
  );
}
