import type { MessageStatus } from '../messages/rules';

/** The longest range, in days, that is counted in the log itself when the daily sums do not cover a filter. */
export const COUNTED_DAYS_MAX = 31;

/** The longest range, in days, that has a histogram: more bars cannot be distinguished. */
export const HISTOGRAM_DAYS_MAX = 400;

/** The most messages under way that are counted. */
export const UNDER_WAY_MAX = 5_000;

/** The states of messages under way or never sent, which the daily sums only know as one total. */
export const NOT_ENDED = [
  'scheduled',
  'held',
  'queued',
  'sent',
  'cancelled',
] as const satisfies readonly MessageStatus[];

/** Returns whether the daily sums cover a filter: they know member, day, country and final status. */
export const knownToSums = ({ status, recipient, reference }: Filter): boolean =>
  !recipient && !reference && (status === undefined || SUMMED.has(status));

/** A range of UTC days with an exclusive end. `whole`: the range begins and ends at midnight. */
export type Days = { from: string; to: string; count: number; whole: boolean };

/**
 * Returns the days that contain a range of the log.
 * @param range.to exclusive; end of today by default
 * @param first first day that is still kept
 */
export function wholeDaysOf(range: { from?: Date | undefined; to?: Date | undefined }, first: string, now: Date): Days {
  const [from, to] = [range.from?.getTime() ?? 0, range.to?.getTime() ?? Infinity];
  const end = Math.min(upTo(to), upTo(now.getTime() + 1));
  const begin = Math.min(Math.max(downTo(from), Date.parse(first)), end);
  const whole = isDay(Math.max(from, Date.parse(first))) && (isDay(to) || to >= end);
  return { from: printDay(begin), to: printDay(end), count: (end - begin) / DAY_MS, whole };
}

/** Returns every UTC day of a range, without its end. */
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
