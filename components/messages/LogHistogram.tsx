'use client';

import type { inferOutput } from '@trpc/tanstack-react-query';
import type { useTRPC } from '@/components/data';
import { daysBetween, formatDay, shortDay } from '@/components/ui/day';
import { Histogram } from '@/components/ui/Histogram';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import type { Log } from './useLog';
import { COUNTED_DAYS_MAX, HISTOGRAM_DAYS_MAX } from '@/server/domain/messaging/message-log/rules';

export type Facets = inferOutput<ReturnType<typeof useTRPC>['messages']['browseFacets']>;

/** Charts the messages per UTC day of the range, with the failed ones marked. */
export function LogHistogram({ log, facets }: { log: Log; facets: Facets | undefined }) {
  const { locale } = useLocale();
  const number = (value: number) => value.toLocaleString(locale);
  if (!facets) return <div className={styles.histogram} />;
  const { days, total } = facets;
  if (days === null || total === null) {
    return <p className={`muted ${styles.uncounted}`}>{whyUncounted(facets)}</p>;
  }
  if (days.length === 0) return null;
  const [first, last] = [days[0]!.day, days.at(-1)!.day];
  const failed = days.reduce((sum, day) => sum + day.failed, 0);
  const label = `${number(total)} messages, ${number(failed)} of them failed, ${formatDay(first, locale)} to ${formatDay(last, locale)} (UTC)`;
  return (
    <div className={styles.histogram}>
      <Histogram
        label={label}
        columns={days.map(({ day, messages, failed: marked }) => ({
          id: day,
          name: formatDay(day, locale),
          size: messages,
          marked,
        }))}
        ends={[shortDay(first, locale), `${shortDay(last, locale)} (UTC)`]}
        read={({ name, size, marked }) => (
          <>
            {name}: <strong>{number(size)}</strong>
            {marked > 0 && `, ${number(marked)} failed`}
          </>
        )}
        onNarrow={(from, to) => log.narrow({ from: new Date(from), to: new Date(to) })}
      />
    </div>
  );
}

/** Explains missing counts: the range is too long for these filters, or counting timed out. */
function whyUncounted({ from, to, total }: Facets): string {
  if (total !== null) return `Narrow to ${HISTOGRAM_DAYS_MAX} days to see the daily chart.`;
  return daysBetween(from, to).length - 1 > COUNTED_DAYS_MAX
    ? `Narrow to ${COUNTED_DAYS_MAX} days to see counts.`
    : 'Counting takes longer than usual. Retrying…';
}
