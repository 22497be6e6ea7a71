import type { ReactNode } from 'react';
import styles from './pieces.module.css';

export type Tone = 'ok' | 'off' | 'warn' | 'bad';

/** A state in a word, with a dot: never by colour alone. */
export const Status = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={styles.status} data-tone={tone}>
    {children}
  </span>
);

/** The head of a page: its name, and what can be done on it. */
export const PageHead = ({ title, children }: { title: ReactNode; children?: ReactNode }) => (
  <header className={styles.head}>
    <h1>{title}</h1>
    {children}
  </header>
);

export const Figures = ({ children }: { children: ReactNode }) => <dl className={styles.figures}>{children}</dl>;

/** One number that matters: its name, the number (with what can be done about it), and a line below. */
export const Figure = ({ label, main, note }: { label: string; main: ReactNode; note?: ReactNode }) => (
  <div className={styles.figure}>
    <dt>{label}</dt>
    <dd className={styles.figureMain}>{main}</dd>
    {note !== undefined && <dd className={styles.figureNote}>{note}</dd>}
  </div>
);

/** What stands where there is nothing: why, and the next step. */
export const Empty = ({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) => (
  <div className={styles.empty}>
    <h2>{title}</h2>
    {children && <p>{children}</p>}
    {action}
  </div>
);

/** A message in the page, with what can be done about it. `alert` is read out at once. */
export const Note = ({
  tone,
  alert = false,
  action,
  children,
}: {
  tone?: 'warn' | 'bad';
  alert?: boolean;
  action?: ReactNode;
  children: ReactNode;
}) => (
  <div className={styles.note} data-tone={tone} role={alert ? 'alert' : undefined}>
    <div>{children}</div>
    {action}
  </div>
);

/** Names and values, one pair a line. */
export const Facts = ({ of }: { of: [name: string, value: ReactNode][] }) => (
  <dl className={styles.facts}>
    {of.map(([name, value]) => (
      <Pair key={name} name={name} value={value} />
    ))}
  </dl>
);

const Pair = ({ name, value }: { name: string; value: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </>
);

/** A part of a page with a name of its own. */
export const Card = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className={styles.card}>
    <h2>{title}</h2>
    {children}
  </section>
);

/** Shows what stands for content on its way, once it has been waited for long enough to be noticed (150 ms). */
export const Late = ({ children }: { children: ReactNode }) => (
  <div className={styles.late} aria-busy="true">
    <span className="hidden" role="status">
      Loading
    </span>
    {children}
  </div>
);

/** One line of what comes. */
export const Bone = ({ width = '60%' }: { width?: string }) => (
  <span className={styles.bone} style={{ width }} aria-hidden />
);

/**
 * A row of bars, tallest = the largest value. A picture only: the numbers stand beside it.
 * @param label what a screen reader says of it
 */
export function Bars({ values, label, height }: { values: number[]; label: string; height?: string }) {
  const top = Math.max(...values, 0);
  return (
    <div className={styles.bars} role="img" aria-label={label} style={{ '--bars-height': height } as object}>
      {values.map((value, i) => (
        <span key={i} style={{ height: `${top === 0 ? 0 : (100 * value) / top}%` }} />
      ))}
    </div>
  );
}
