'use client';

import { useShell } from '@/components/layout/useShell';
import type { Micros } from '@/server/domain/core/money';
import { formatAxis, toUnits } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { BarChart } from '@/components/ui/BarChart';
import { formatDay, shortDay } from '@/components/ui/day';
import { Card } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { SPAN, type Day } from './days';

/**
 * Charts the cost of each of the last 30 UTC days beside the day 30 days earlier.
 * @param days 60 days, oldest first
 */
export function CostChart({ days }: { days: Day[] }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const now = days.slice(-SPAN);
  const value = (cost: Micros) => ({
    size: toUnits(cost),
    shown: <Money amount={cost} currency={currency} />,
  });
  const bars = now.map(({ day, cost }, i) => ({
    id: day,
    name: formatDay(day, locale),
    now: value(cost),
    before: value(days.at(i - 2 * SPAN)?.cost ?? 0n),
  }));
  return (
    <Card title="Daily cost (UTC)">
      <BarChart
        label="Daily cost of the last 30 days, compared with the previous 30 days"
        bars={bars}
        print={(size) => formatAxis(size, currency, locale)}
        names={{ bar: 'Day (UTC)', now: 'Last 30 days', before: 'Previous 30 days' }}
        ends={[shortDay(now[0]!.day, locale), 'Today']}
      />
    </Card>
  );
}
