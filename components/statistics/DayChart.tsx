'use client';

import { useShell } from '@/components/layout/useShell';
import { BarChart } from '@/components/ui/BarChart';
import { formatDay, shortDay } from '@/components/ui/day';
import { Card } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { addDays } from '@/server/domain/messaging/usage/rules';
import { sizeOf, usePrinting, type Usage } from './figures';
import type { Measure } from './search-params';
import { MEASURE_LABELS } from './labels';

type Props = { usage: Usage; measure: Measure; span: string | null };

/** Charts each day of the range beside its counterpart in the previous range; the table below has the same numbers. */
export function DayChart({ usage, measure, span }: Props) {
  const { locale } = useLocale();
  const { currency } = useShell().team;
  const { print, short } = usePrinting(measure);
  const days = usage.data.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const value = (row: Usage['data'][number]['now']) => ({ size: sizeOf(row, measure), shown: print(row) });
  return (
    <Card title={`Daily ${MEASURE_LABELS[measure].toLowerCase()}${measure === 'cost' ? ` (${currency})` : ''}`}>
      <BarChart
        label={`Daily ${MEASURE_LABELS[measure].toLowerCase()}`}
        bars={days.map(({ key, now, before }) => ({
          id: key,
          name: formatDay(key, locale),
          now: value(now),
          ...(span !== null && { before: value(before) }),
        }))}
        print={short}
        names={{ bar: 'Day (UTC)', now: 'Current', ...(span !== null && { before: 'Previous' }) }}
        ends={[shortDay(usage.range.from, locale), shortDay(addDays(usage.range.to, -1), locale)]}
        isTabled
      />
    </Card>
  );
}
