'use client';

import { useShell } from '@/components/shell/useShell';
import { micros } from '@/components/ui/amount';
import { Money } from '@/components/ui/Money';
import { Bone, Figure } from '@/components/ui/pieces';
import { usePlace } from '@/components/ui/usePlace';
import { sumsOf, type Day } from './days';

/** What 30 days cost and how many messages they had, each against the 30 days before. */
export function SpanFigures({ days }: { days: Day[] | undefined }) {
  const { currency } = useShell().team;
  const { locale } = usePlace();
  const sums = days && sumsOf(days);
  return (
    <>
      <Figure
        label="Cost, last 30 days"
        main={sums ? <Money amount={sums.now.cost} currency={currency} /> : <Bone width="5rem" />}
        note={
          sums ? (
            against(Number(micros(sums.now.cost)), Number(micros(sums.before.cost)), locale)
          ) : (
            <Bone width="9rem" />
          )
        }
      />
      <Figure
        label="Messages, last 30 days"
        main={sums ? sums.now.messages.toLocaleString(locale) : <Bone width="4rem" />}
        note={sums ? against(sums.now.messages, sums.before.messages, locale) : <Bone width="9rem" />}
      />
    </>
  );
}

function against(now: number, before: number, locale: string): string {
  if (before === 0) return now === 0 ? 'As in the 30 days before' : 'Nothing in the 30 days before';
  const change = Math.abs(now - before) / before;
  const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(change);
  if (change < 0.005) return 'As in the 30 days before';
  return `${share} ${now > before ? 'more' : 'less'} than in the 30 days before`;
}
