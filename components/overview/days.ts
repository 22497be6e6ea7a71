import { toMicros, type Micros } from '@/server/domain/core/money';
import { sumOf } from '@/components/ui/money/format';
import { dayFromNow, daysBetween } from '@/components/ui/day';

/** The usage of one UTC day. */
export type Day = { day: string; messages: number; cost: Micros };

/** One day as the reports print it. */
type Row = { day?: string | undefined; messages: number; cost: string };

/** The number of days shown; as many earlier days are used for comparison. */
export const SPAN = 30;

/** Returns the range of the overview as the usage report takes it. */
export const spanQuestion = () => ({ from: dayFromNow(1 - 2 * SPAN) });

/** The query of the messages on a member's overview. */
export const LAST_MESSAGES = { limit: 5 };

/** Returns one row per day; the report leaves out days without messages. */
export function lastDays(from: string, rows: Row[]): Day[] {
  const known = new Map(rows.map((row) => [row.day, row]));
  return daysBetween(from, dayFromNow(0)).map((day) => ({
    day,
    messages: known.get(day)?.messages ?? 0,
    cost: toMicros(known.get(day)?.cost ?? '0.00'),
  }));
}

/** Returns the sums of the shown days and of the days before. */
export function sumsOf(days: Day[]): { now: Omit<Day, 'day'>; before: Omit<Day, 'day'> } {
  const sum = (some: Day[]) => ({
    messages: some.reduce((total, { messages }) => total + messages, 0),
    cost: sumOf(some.map(({ cost }) => cost)),
  });
  return { now: sum(days.slice(-SPAN)), before: sum(days.slice(0, -SPAN)) };
}
