'use client';

import { usePlace } from './usePlace';

const utc = (at: Date): string => `${at.toISOString().replace('T', ' ').slice(0, 19)} UTC`;

/** An instant in the person's time zone; the exact UTC on hover. */
export function Instant({ at, dateOnly = false }: { at: string; dateOnly?: boolean }) {
  const { locale, timeZone } = usePlace();
  const when = new Date(at);
  const text = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    ...(dateOnly ? {} : { timeStyle: 'short' as const }),
    timeZone,
  }).format(when);
  return (
    <time dateTime={at} title={utc(when)} suppressHydrationWarning className="tabular">
      {text}
    </time>
  );
}
