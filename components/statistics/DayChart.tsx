'use client';

import { toMicros } from '@/server/domain/core/money';
import { useShell } from '@/components/layout/useShell';
import { BarChart } from '@/components/ui/BarChart';
import { formatDay, shortDay } from '@/components/ui/day';
import { formatAxis } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Card } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { addDays } from '@/server/domain/messaging/usage/rules';
import { sizeOf, type Usage } from './figures';
import type { Measure } from './search-params';
import { MEASURE_LABELS } from './labels';

type Props = { usage: Usage; measure: Measure; span: string | null };

/** Charts each day of the range beside its counterpart in the previous range; the table below has the same numbers. */
export function DayChart({ usage, measure, span }: Props) {
  const { locale } = useLocale();
  const { currency } = useShell().team;
  const days = usage.data.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const value = (row: Usage['data'][number]['now']) => ({
    size: sizeOf(row, measure),
    shown:
      measure === 'cost' ? (
        <Money amount={toMicros(row.cost)} currency={currency} />
      ) : (
        row.messages.toLocaleString(locale)
      ),
  });
  const count = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 3 });
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
        print={(size) => (measure === 'cost' ? formatAxis(size, currency, locale) : count.format(size))}
        names={{ bar: 'Day (UTC)', now: 'Current', ...(span !== null && { before: 'Previous' }) }}
        ends={[shortDay(usage.range.from, locale), shortDay(addDays(usage.range.to, -1), locale)]}
        isTabled
      />
    </Card>
  );
}
