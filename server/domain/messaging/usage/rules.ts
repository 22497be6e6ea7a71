/** The groupings of a report. */
export const GROUPS = ['member', 'day', 'country'] as const;

/** The sort orders of the statistics; `name` is the day, the country code or the member's name. */
export const USAGE_SORTS = ['name', 'messages', 'segments', 'delivered', 'failed', 'cost'] as const;

/** The longest range of the statistics, in days: two years, leap years included. */
export const RANGE_MAX_DAYS = 732;

/** The most parts in the sparkline of a row: one per day for a month. */
const PARTS_MAX = 31;

const DAY_MS = 86_400_000;

/** UTC days such as "2026-03-01"; `to` is exclusive. */
export type Range = { from: string; to: string };

/** Returns the day `days` later, or earlier if negative. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

export const daysIn = ({ from, to }: Range): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** Returns the range that a range is compared with: the same number of days directly before it. */
export const rangeBefore = (range: Range): Range => ({ from: addDays(range.from, -daysIn(range)), to: range.from });

/** Splits a range into equal parts of whole days that end with it; the first part may be shorter. */
export function splitRange(range: Range): { count: number; days: number } {
  const days = Math.ceil(daysIn(range) / PARTS_MAX);
  return { count: Math.ceil(daysIn(range) / days), days };
}
