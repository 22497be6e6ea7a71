'use client';

import { usePlace } from './usePlace';

const utc = (at: Date): string => `${at.toISOString().replace('T', ' ').slice(0, 19)} UTC`;

type Props = { at: string; dateOnly?: boolean; seconds?: boolean };

/** An instant in the person's time zone; the exact UTC on hover. */
export function Instant({ at, dateOnly = false, seconds = false }: Props) {
  const { locale, timeZone } = usePlace();
  const when = new Date(at);
  const text = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    ...(dateOnly ? {} : { timeStyle: seconds ? ('medium' as const) : ('short' as const) }),
    timeZone,
  }).format(when);
  return (
    <time dateTime={at} title={utc(when)} suppressHydrationWarning className="tabular">
      {text}
    </time>
  );
}
