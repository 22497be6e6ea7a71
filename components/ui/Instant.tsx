'use client';

import { useLocale } from './useLocale';

const utc = (at: Date): string => `${at.toISOString().replace('T', ' ').slice(0, 19)} UTC`;

/** `exact` shows seconds, and the year only if it is not the current one. */
type Props = { at: string; dateOnly?: boolean; exact?: boolean };

function formOf({ at, dateOnly, exact }: Props): Intl.DateTimeFormatOptions {
  if (!exact) return { dateStyle: 'medium', ...(dateOnly ? {} : { timeStyle: 'short' }) };
  const isThisYear = at.slice(0, 4) === new Date().toISOString().slice(0, 4);
  return {
    ...(isThisYear ? {} : { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  };
}

/** An instant in the user's time zone; the exact UTC time on hover. */
export function Instant(props: Props) {
  const { locale, timeZone } = useLocale();
  const when = new Date(props.at);
  return (
    <time dateTime={props.at} title={utc(when)} suppressHydrationWarning className="tabular">
      {new Intl.DateTimeFormat(locale, { ...formOf(props), timeZone }).format(when)}
    </time>
  );
}
