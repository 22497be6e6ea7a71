'use client';

import { useState } from 'react';
import { Button } from '@mantine/core';
import { toMicros } from '@/server/domain/core/money';
import { countryName } from '@/components/rates/search-params';
import { useShell } from '@/components/layout/useShell';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import { whyNot } from './labels';
import type { Preview } from './useSend';

const SHOWN = 5;

type Props = { rows: Preview['rows']; repeated: number; isStale: boolean };

/** Shows the cost of each recipient, or why it is skipped; skipped ones come first. */
export function Recipients({ rows, repeated, isStale }: Props) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const [isWhole, setWhole] = useState(false);
  if (rows.length === 0) return null;
  const bad = rows.filter(({ error }) => error !== null);
  const sorted = [...bad, ...rows.filter(({ error }) => error === null)];
  const shown = isWhole ? sorted : sorted.slice(0, Math.max(SHOWN, Math.min(bad.length, 20)));
  const costs = rows.map(({ cost }) => toMicros(cost ?? '0.00'));
  const decimals = decimalsOf(costs, currency);
  const number = (value: number) => value.toLocaleString(locale);
  return (
    <div className={styles.recipients} aria-busy={isStale}>
      <p className="muted" aria-live="polite">
        {sayCounts({ valid: rows.length - bad.length, invalid: bad.length, repeated }, number)}
      </p>
      <table aria-label="Recipients">
        <tbody>
          {shown.map(({ to, country, cost, error }) => (
            <tr key={to}>
              <th scope="row">{to}</th>
              {error ? (
                <td colSpan={2} data-bad>
                  {whyNot(error.code)}
                </td>
              ) : (
                <>
                  <td>{country && countryName(country, locale)}</td>
                  <td>{cost && <Money amount={toMicros(cost)} currency={currency} decimals={decimals} />}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < rows.length && (
        <Button size="compact-xs" variant="subtle" onClick={() => setWhole(true)}>
          Show all {number(rows.length)}
        </Button>
      )}
    </div>
  );
}

type Counts = { valid: number; invalid: number; repeated: number };

function sayCounts({ valid, invalid, repeated }: Counts, number: (value: number) => string): string {
  const parts = [`${number(valid)} valid`];
  if (invalid > 0) parts.push(`${number(invalid)} invalid (skipped)`);
  if (repeated > 0) parts.push(`${number(repeated)} ${repeated === 1 ? 'duplicate' : 'duplicates'} removed`);
  return parts.join(' · ');
}
