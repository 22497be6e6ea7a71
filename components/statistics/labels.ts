import type { Measure, PRESETS } from './search-params';

export const PRESET_LABELS: Record<(typeof PRESETS)[number], string> = {
  '7-days': 'Last 7 days',
  '30-days': 'Last 30 days',
  '90-days': 'Last 90 days',
  'this-month': 'This month',
  'last-month': 'Last month',
  'this-year': 'This year',
  '12-months': 'Last 12 months',
};

export const MEASURE_LABELS: Record<Measure, string> = { cost: 'Cost', messages: 'Messages' };

/** The noun of a group, as the head of its column. */
export const GROUP_LABELS = { day: 'Day (UTC)', member: 'Member', country: 'Country' };

export const GROUPING_LABELS = { day: 'By day', member: 'By member', country: 'By country' };

/** Returns the name of the range before: "previous 30 days". */
export const spanBefore = (days: number, locale: string): string =>
  days === 1 ? 'previous day' : `previous ${days.toLocaleString(locale)} days`;

/** Returns the change of a figure relative to its previous value. */
export function changeOf(now: number, before: number, locale: string): string {
  if (before === 0) return now === 0 ? '–' : 'new';
  if (now / before >= 10) return `× ${Math.round(now / before).toLocaleString(locale)}`;
  const change = (now - before) / before;
  return new Intl.NumberFormat(locale, {
    style: 'percent',
    signDisplay: 'exceptZero',
    maximumFractionDigits: Math.abs(change) < 0.1 ? 1 : 0,
  }).format(change);
}

export const percent = (part: number, whole: number, locale: string): string =>
  whole === 0
    ? '–'
    : new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(
        part / whole,
      );
