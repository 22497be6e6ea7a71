import type { Micros } from '@/server/domain/core/money';
import { decimalsOf } from './format';
import { Money } from './Money';
import styles from './money.module.css';

type Line = { label: string; before: Micros; after: Micros | null };

/** Shows exact balances before and after a typed amount; an `after` below zero is marked as short. */
export function BalancePreview({ lines, currency }: { lines: Line[]; currency: string }) {
  const decimals = decimalsOf(
    lines.flatMap(({ before, after }) => [before, after ?? 0n]),
    currency,
  );
  return (
    <table className={styles.preview}>
      <caption className="hidden">Balances before and after</caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="hidden">Balance</span>
          </th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ label, before, after }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>
              <Money amount={before} currency={currency} decimals={decimals} />
            </td>
            <td data-short={after !== null && after < 0n ? true : undefined}>
              {after === null ? '–' : <Money amount={after} currency={currency} decimals={decimals} strong />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
