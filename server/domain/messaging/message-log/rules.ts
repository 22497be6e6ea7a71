import type { MessageStatus } from '../messages/rules';

/** The longest range of days that is counted in the log itself, where the daily sums do not know a filter. */
export const COUNTED_DAYS_MAX = 31;

/** The longest range that has a histogram: more bars than that are not told apart. */
export const HISTOGRAM_DAYS_MAX = 400;

/** From how many on what is under way is no more counted. */
export const UNDER_WAY_MAX = 5_000;

/** The states of a message that is still under way, or never went: the daily sums know them together alone. */
export const NOT_ENDED = [
  'scheduled',
  'held',
  'queued',
  'sent',
  'cancelled',
] as const satisfies readonly MessageStatus[];

/** Whether the daily sums know all that a filter asks for: member, day, country, and what became of the messages. */
export const knownToSums = ({ status, recipient, reference }: Filter): boolean =>
  !recipient && !reference && (status === undefined || SUMMED.has(status));

/** A range of UTC days, the day after the last one as its end; `whole`: it begins and ends with a day. */
export type Days = { from: string; to: string; count: number; whole: boolean };

/**
 * The days in which a range of the log lies.
 * @param range.to exclusive; by default all of today
 * @param first the first day that is kept at all
 */
export function wholeDaysOf(range: { from?: Date | undefined; to?: Date | undefined }, first: string, now: Date): Days {
  const [from, to] = [range.from?.getTime() ?? 0, range.to?.getTime() ?? Infinity];
  const end = Math.min(upTo(to), upTo(now.getTime() + 1));
  const begin = Math.min(Math.max(downTo(from), Date.parse(first)), end);
  const whole = isDay(Math.max(from, Date.parse(first))) && (isDay(to) || to >= end);
  return { from: printDay(begin), to: printDay(end), count: (end - begin) / DAY_MS, whole };
}

/** Every UTC day of a range, the end not among them. */
export const listDays = ({ from, count }: Days): string[] =>
  Array.from({ length: count }, (_, i) => printDay(Date.parse(from) + i * DAY_MS));

export const SUMMED = new Set<MessageStatus>(['delivered', 'failed']);

export const DAY_MS = 86_400_000;

export type Filter = {
  status?: MessageStatus | undefined;
  recipient?: string | undefined;
  reference?: string | undefined;
};

export const isDay = (time: number): boolean => time % DAY_MS === 0;

export const downTo = (time: number): number => Math.floor(time / DAY_MS) * DAY_MS;

export const upTo = (time: number): number => Math.ceil(time / DAY_MS) * DAY_MS;

export const printDay = (time: number): string => new Date(time).toISOString().slice(0, 10);
