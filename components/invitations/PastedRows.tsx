'use client';

import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { useLocale } from '@/components/ui/useLocale';
import styles from './invitations.module.css';
import type { Pasted } from './pasted';

const SHOWN = 50;

/** Previews the pasted list, invalid lines first. */
export function PastedRows({ rows, currency }: { rows: Pasted[]; currency: string }) {
  const { locale } = useLocale();
  const credits = rows.map(({ credit }) => credit ?? 0n);
  const decimals = decimalsOf(credits, currency);
  const bad = rows.filter(({ problem }) => problem !== undefined);
  const sorted = [...bad, ...rows.filter(({ problem }) => problem === undefined)];
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrollable content must be reachable by keyboard
    <div className={styles.pasted} tabIndex={0} role="group" aria-label="Preview of the list">
      <table className={styles.rows}>
        <tbody>
          {sorted.slice(0, SHOWN).map(({ line, email, name, role, credit, problem }, i) => (
            <tr key={`${line} ${i}`}>
              <th scope="row">{email || `Line ${line}`}</th>
              {problem ? (
                <td colSpan={3} data-bad>
                  Line {line}: {problem}
                </td>
              ) : (
                <>
                  <td>{name ?? ''}</td>
                  <td>{role ?? 'member'}</td>
                  <td data-right>{credit && <Money amount={credit} currency={currency} decimals={decimals} />}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && <p className="muted">and {(rows.length - SHOWN).toLocaleString(locale)} more</p>}
    </div>
  );
}
