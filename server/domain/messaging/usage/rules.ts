/** By what a report can be grouped. */
export const GROUPS = ['member', 'day', 'country'] as const;

/** By what the groups of the statistics can be ordered; `name` is the day, the country's code or the member's name. */
export const USAGE_SORTS = ['name', 'messages', 'segments', 'delivered', 'failed', 'cost'] as const;

/** The longest range of the statistics: two years, whichever of them are leap years. */
export const RANGE_MAX_DAYS = 732;

/** How many parts the small picture beside a row has at most: a day each for a month. */
const PARTS_MAX = 31;

const DAY_MS = 86_400_000;

/** UTC days, "2026-03-01"; `to` is the day after the last one. */
export type Range = { from: string; to: string };

/** The day so many days later; earlier where negative. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

export const daysIn = ({ from, to }: Range): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

/** What a range is compared with: as many days, directly before it. */
export const rangeBefore = (range: Range): Range => ({ from: addDays(range.from, -daysIn(range)), to: range.from });

/** A range in equal parts of whole days, of which the last one ends with it; the first may be shorter. */
export function splitRange(range: Range): { count: number; days: number } {
  const days = Math.ceil(daysIn(range) / PARTS_MAX);
  return { count: Math.ceil(daysIn(range) / days), days };
}
