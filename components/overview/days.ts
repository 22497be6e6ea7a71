import { plus } from '@/components/ui/amount';
import { dayFromNow, daysBetween } from '@/components/ui/day';

/** What was sent on one UTC day. */
export type Day = { day: string; messages: number; cost: string };

/** How many days are shown; as many before them are what they are compared with. */
export const SPAN = 30;

/** The days that the overview shows, as the report of usage takes them. */
export const spanQuestion = () => ({ from: dayFromNow(1 - 2 * SPAN) });

/** The messages that a member sees on its first page. */
export const LAST_MESSAGES = { limit: 5 };

/** A report leaves out the days on which nothing was sent; here they are, with nothing. */
export function lastDays(from: string, rows: { day?: string | undefined; messages: number; cost: string }[]): Day[] {
  const known = new Map(rows.map((row) => [row.day, row]));
  return daysBetween(from, dayFromNow(0)).map((day) => ({
    day,
    messages: known.get(day)?.messages ?? 0,
    cost: known.get(day)?.cost ?? '0.00',
  }));
}

/** Sums of the days shown, and of those before. */
export function sumsOf(days: Day[]): { now: Omit<Day, 'day'>; before: Omit<Day, 'day'> } {
  const sum = (some: Day[]) => ({
    messages: some.reduce((total, { messages }) => total + messages, 0),
    cost: some.reduce((total, { cost }) => plus(total, cost), '0.00'),
  });
  return { now: sum(days.slice(-SPAN)), before: sum(days.slice(0, -SPAN)) };
}
