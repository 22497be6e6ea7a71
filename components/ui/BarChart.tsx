'use client';

import { Button } from '@mantine/core';
import { useState, type CSSProperties, type ReactNode } from 'react';
import styles from './chart.module.css';

type Value = { size: number; shown: ReactNode };

/** One bar: its name, its value, and the value it is compared with. */
export type Bar = { id: string; name: string; now: Value; before?: Value };

type Props = {
  /** The chart's name for screen readers and its table. */
  label: string;
  bars: Bar[];
  /** Formats a value of the axis. */
  print: (size: number) => string;
  names: { bar: string; now: string; before?: string };
  /** Short names of the first and the last bar. */
  ends: [string, string];
  /** True when a table beside the chart shows the same numbers. */
  isTabled?: boolean;
};

/** The number of bars from which there is no space between them. */
const DENSE = 120;

/** Returns the next round number whose half is round too. */
function roundUp(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= size) ?? 10);
}

/** A bar chart that compares values with earlier ones; can be shown as a table. */
export function BarChart({ label, bars, print, names, ends, isTabled = false }: Props) {
  const [asTable, setAsTable] = useState(false);
  const [shown, setShown] = useState<Bar | null>(null);
  const largest = Math.max(0, ...bars.flatMap(({ now, before }) => [now.size, before?.size ?? 0]));
  return (
    <figure className={styles.figure} aria-label={label} data-dense={bars.length >= DENSE || undefined}>
      <figcaption className={styles.legend}>
        <span data-mark="now">{names.now}</span>
        {names.before && <span data-mark="before">{names.before}</span>}
        {!isTabled && (
          <Button size="compact-xs" variant="subtle" onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as chart' : 'Show as table'}
          </Button>
        )}
      </figcaption>
      {asTable ? (
        <BarTable label={label} bars={bars} names={names} />
      ) : (
        <>
          <div className={styles.plot} aria-hidden onMouseLeave={() => setShown(null)}>
            <Axis top={largest === 0 ? 0 : roundUp(largest)} print={print} />
            <Bars bars={bars} top={largest === 0 ? 1 : roundUp(largest)} onShow={setShown} />
          </div>
          <div className={styles.foot}>
            <span>{ends[0]}</span>
            <span className={styles.readout} aria-hidden>
              {shown && <Readout bar={shown} names={names} />}
            </span>
            <span>{ends[1]}</span>
          </div>
        </>
      )}
    </figure>
  );
}

const Readout = ({ bar: { name, now, before }, names }: { bar: Bar; names: Props['names'] }) => (
  <>
    {name}: <strong>{now.shown}</strong>
    {before && (
      <>
        {' '}
        · {names.before}: {before.shown}
      </>
    )}
  </>
);

const Axis = ({ top, print }: { top: number; print: Props['print'] }) => (
  <div className={styles.axis}>
    <span>{print(top)}</span>
    {top > 0 && <span>{print(top / 2)}</span>}
  </div>
);

const height = (size: number, top: number) => ({ '--height': `${(100 * size) / top}%` }) as CSSProperties;

const Bars = ({ bars, top, onShow }: { bars: Bar[]; top: number; onShow: (bar: Bar) => void }) => (
  <div className={styles.bars}>
    {bars.map((bar) => (
      <div key={bar.id} className={styles.bar} onMouseEnter={() => onShow(bar)}>
        {bar.before && bar.before.size > 0 && <span data-mark="before" style={height(bar.before.size, top)} />}
        <span data-mark="now" style={height(bar.now.size, top)} />
      </div>
    ))}
  </div>
);

const BarTable = ({ label, bars, names }: Pick<Props, 'label' | 'bars' | 'names'>) => (
  <table className={styles.table} aria-label={label}>
    <thead>
      <tr>
        <th scope="col">{names.bar}</th>
        <th scope="col">{names.now}</th>
        {names.before && <th scope="col">{names.before}</th>}
      </tr>
    </thead>
    <tbody>
      {bars.map(({ id, name, now, before }) => (
        <tr key={id}>
          <th scope="row">{name}</th>
          <td>{now.shown}</td>
          {before && <td>{before.shown}</td>}
        </tr>
      ))}
    </tbody>
  </table>
);
