import { toMicros } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import styles from './money.module.css';

type Line = { label: string; before: string; after: string | null };

/** Shows balances before and after a typed amount; an `after` below zero is marked as short. */
export function BalancePreview({ lines, currency }: { lines: Line[]; currency: string }) {
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
              <Money amount={before} currency={currency} />
            </td>
            <td data-short={after !== null && toMicros(after) < 0n ? true : undefined}>
              {after === null ? '–' : <Money amount={after} currency={currency} strong />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
