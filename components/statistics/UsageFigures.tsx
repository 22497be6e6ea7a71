'use client';

import type { ReactNode } from 'react';
import { useShell } from '@/components/layout/useShell';
import { against } from '@/components/ui/against';
import { toMicros } from '@/server/domain/core/money';
import { Money } from '@/components/ui/money/Money';
import { Figure, Figures } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import styles from './statistics.module.css';
import { percent } from './labels';
import { sizeOf, type Usage } from './figures';

/** Shows the totals of the range; each is compared with the previous range if `span` names it. */
export function UsageFigures({ total: { now, before }, span }: { total: Usage['total']; span: string | null }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const note = (is: number, was: number): ReactNode => span !== null && against(is, was, locale, span);
  const count = (name: 'messages' | 'segments' | 'failed') => (
    <Figure
      label={`${name[0]!.toUpperCase()}${name.slice(1)}`}
      main={now[name].toLocaleString(locale)}
      note={note(now[name], before[name])}
    />
  );
  return (
    <div className={styles.figures}>
      <Figures>
        <Figure
          label="Cost"
          main={<Money amount={toMicros(now.cost)} currency={currency} />}
          note={note(sizeOf(now, 'cost'), sizeOf(before, 'cost'))}
        />
        {count('messages')}
        {count('segments')}
        <Figure
          label="Delivered"
          main={
            <>
              {now.delivered.toLocaleString(locale)}
              <span className={styles.share}>{percent(now.delivered, now.messages, locale)}</span>
            </>
          }
          note={
            span !== null &&
            (before.messages === 0
              ? `No data for ${span}`
              : `${percent(before.delivered, before.messages, locale)} in ${span}`)
          }
        />
        {count('failed')}
      </Figures>
    </div>
  );
}
