'use client';

import { useShell } from '@/components/layout/useShell';
import { against } from '@/components/ui/against';
import { toUnits } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Bone, Figure } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { SPAN, sumsOf, type Day } from './days';

const BEFORE = `previous ${SPAN} days`;

/** Shows cost and messages of the last 30 days, compared with the previous 30. */
export function SpanFigures({ days }: { days: Day[] | undefined }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const sums = days && sumsOf(days);
  return (
    <>
      <Figure
        label="Cost, last 30 days"
        main={sums ? <Money amount={sums.now.cost} currency={currency} /> : <Bone width="5rem" />}
        note={sums ? against(toUnits(sums.now.cost), toUnits(sums.before.cost), locale, BEFORE) : <Bone width="9rem" />}
      />
      <Figure
        label="Messages, last 30 days"
        main={sums ? sums.now.messages.toLocaleString(locale) : <Bone width="4rem" />}
        note={sums ? against(sums.now.messages, sums.before.messages, locale, BEFORE) : <Bone width="9rem" />}
      />
    </>
  );
}
