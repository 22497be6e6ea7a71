import type { ReactNode } from 'react';
import styles from './pieces.module.css';

export type Tone = 'ok' | 'off' | 'warn' | 'bad';

/** A status with a colored dot and a word, never color alone. */
export const Status = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={styles.status} data-tone={tone}>
    {children}
  </span>
);

/** The head of a page: its title and actions. */
export const PageHead = ({ title, children }: { title: ReactNode; children?: ReactNode }) => (
  <header className={styles.head}>
    <h1>{title}</h1>
    {children}
  </header>
);

export const Figures = ({ children }: { children: ReactNode }) => <dl className={styles.figures}>{children}</dl>;

/** A key figure: its name, the number with an optional action, and a note. */
export const Figure = ({ label, main, note }: { label: string; main: ReactNode; note?: ReactNode }) => (
  <div className={styles.figure}>
    <dt>{label}</dt>
    <dd className={styles.figureMain}>{main}</dd>
    {note !== undefined && <dd className={styles.figureNote}>{note}</dd>}
  </div>
);

/** Shown instead of an empty list: the reason and the next step. */
export const Empty = ({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) => (
  <div className={styles.empty}>
    <h2>{title}</h2>
    {children && <p>{children}</p>}
    {action}
  </div>
);

/** A message in the page with an optional action. `alert` makes screen readers announce it. */
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

/** A list of names and values. */
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

/** A titled section of a page. */
export const Card = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className={styles.card}>
    <h2>{title}</h2>
    {children}
  </section>
);

/** Shows a skeleton only after 150 ms of waiting. */
export const Late = ({ children }: { children: ReactNode }) => (
  <div className={styles.late} aria-busy="true">
    <span className="hidden" role="status">
      Loading
    </span>
    {children}
  </div>
);

/** One line of a skeleton. */
export const Bone = ({ width = '60%' }: { width?: string }) => (
  <span className={styles.bone} style={{ width }} aria-hidden />
);

/**
 * A row of bars relative to the largest value. Decorative: the numbers are shown beside it.
 * @param label the description for screen readers
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
