'use client';

import { useState } from 'react';
import { Button } from '@mantine/core';
import { countryName } from '@/components/rates/search-params';
import { useShell } from '@/components/layout/useShell';
import { Money } from '@/components/ui/Money';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import type { Preview } from './useSend';

/** Why a recipient cannot be sent to, to a person. */
export const whyNot = (code: string): string =>
  code === 'no_rate' ? 'The rate card has no price for it.' : 'This number cannot be reached.';

const SHOWN = 5;

type Props = { rows: Preview['rows']; repeated: number; isStale: boolean };

/** What each recipient would cost, or why it cannot be sent to; those first. */
export function Recipients({ rows, repeated, isStale }: Props) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const [isWhole, setWhole] = useState(false);
  if (rows.length === 0) return null;
  const bad = rows.filter(({ error }) => error !== null);
  const sorted = [...bad, ...rows.filter(({ error }) => error === null)];
  const shown = isWhole ? sorted : sorted.slice(0, Math.max(SHOWN, Math.min(bad.length, 20)));
  const number = (value: number) => value.toLocaleString(locale);
  return (
    <div className={styles.recipients} aria-busy={isStale}>
      <p className="muted" aria-live="polite">
        {number(rows.length)} {rows.length === 1 ? 'recipient' : 'recipients'}
        {bad.length > 0 &&
          `, ${number(bad.length)} of them cannot be sent to and ${bad.length === 1 ? 'is' : 'are'} left out`}
        {repeated > 0 && `; ${number(repeated)} named twice`}
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
                  <td>{cost && <Money amount={cost} currency={currency} />}</td>
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
