import { createLoader, parseAsArrayOf, parseAsBoolean, parseAsInteger, parseAsStringLiteral } from 'nuqs/server';
import { dayFromNow } from '@/components/ui/day';
import { parseAsCountry, parseAsDay, parseAsId } from '@/components/ui/search-params';
import {
  addDays,
  daysIn,
  GROUPS,
  RANGE_MAX_DAYS,
  USAGE_SORTS,
  type Range,
} from '@/server/domain/messaging/usage/rules';

/** Ranges relative to today. */
export const PRESETS = ['7-days', '30-days', '90-days', 'this-month', 'last-month', 'this-year', '12-months'] as const;
type Preset = (typeof PRESETS)[number];

/** The measures that a chart can show. */
export const MEASURES = ['cost', 'messages'] as const;
export type Measure = (typeof MEASURES)[number];

/** The state of the statistics in their URL; days are UTC and the last day is included. */
export const statisticsView = {
  range: parseAsStringLiteral(PRESETS).withDefault('30-days'),
  from: parseAsDay,
  to: parseAsDay,
  compare: parseAsBoolean.withDefault(true),
  by: parseAsStringLiteral(GROUPS).withDefault('day'),
  measure: parseAsStringLiteral(MEASURES).withDefault('cost'),
  member: parseAsArrayOf(parseAsId('mem')).withDefault([]),
  country: parseAsCountry,
  sort: parseAsStringLiteral(USAGE_SORTS),
  dir: parseAsStringLiteral(['asc', 'desc']),
  page: parseAsInteger.withDefault(1),
};

export const loadStatisticsView = createLoader(statisticsView);

export type StatisticsView = Awaited<ReturnType<typeof loadStatisticsView>>;

const OLDEST = '1970-01-01';
const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** Returns the range of the view; `to` is the day after the last one. */
export function rangeOf({ range, from, to }: StatisticsView, today = dayFromNow(0)): Range {
  if (from === null && to === null) return presetRange(range, today);
  const last = to === null ? today : dayOf(to);
  return { from: from === null ? addDays(last, -29) : dayOf(from), to: addDays(last, 1) };
}

function presetRange(preset: Preset, today: string): Range {
  const firstOfMonth = `${today.slice(0, 7)}-01`;
  const [year, month, day] = today.split('-').map(Number) as [number, number, number];
  const from: Record<Preset, string> = {
    '7-days': addDays(today, -6),
    '30-days': addDays(today, -29),
    '90-days': addDays(today, -89),
    'this-month': firstOfMonth,
    'last-month': `${addDays(firstOfMonth, -1).slice(0, 7)}-01`,
    'this-year': `${year}-01-01`,
    '12-months': dayOf(new Date(Date.UTC(year - 1, month - 1, day + 1))),
  };
  return { from: from[preset], to: preset === 'last-month' ? firstOfMonth : addDays(today, 1) };
}

/** Returns true if the server accepts the range. */
export const isAskable = (range: Range): boolean =>
  range.from >= OLDEST && daysIn(range) >= 1 && daysIn(range) <= RANGE_MAX_DAYS;

export const ROWS_A_PAGE = 25;
/** A month fits on one page. */
export const DAYS_A_PAGE = 31;

const MEMBERS_MAX = 100;

/** Returns the order of the groups: days newest first, others by the measure, unless the user chose another. */
export function orderOf({ by, measure, sort, dir }: Pick<StatisticsView, 'by' | 'measure' | 'sort' | 'dir'>) {
  return { sort: sort ?? (by === 'day' ? 'name' : measure), direction: dir ?? 'desc' } as const;
}

/**
 * Returns the query of the page, identical on the server and in the browser, or null for an invalid range.
 * @param onlyMemberId the ID of the only member to show
 */
export function usageQuestion(view: StatisticsView, onlyMemberId: string | null) {
  const range = rangeOf(view);
  if (!isAskable(range)) return null;
  const by = groupOf(view, onlyMemberId);
  return {
    ...range,
    groupBy: by,
    ...filterOf(view, onlyMemberId),
    ...orderOf({ ...view, by }),
    ...(by === 'day' ? {} : { page: Math.max(1, view.page), pageSize: ROWS_A_PAGE }),
  };
}

/** Groups a single member by day instead of by member. */
export const groupOf = ({ by }: StatisticsView, onlyMemberId: string | null): StatisticsView['by'] =>
  onlyMemberId !== null && by === 'member' ? 'day' : by;

function filterOf({ member, country }: StatisticsView, onlyMemberId: string | null) {
  const memberId = onlyMemberId === null ? member.slice(0, MEMBERS_MAX) : [onlyMemberId];
  return {
    ...(memberId.length === 0 ? {} : { memberId }),
    ...(country === null ? {} : { country }),
  };
}

export type UsageQuestion = NonNullable<ReturnType<typeof usageQuestion>>;

/** Returns the query of the CSV export of all groups. */
export function exportUsageQuery({ from, to, groupBy, memberId, country, sort, direction }: UsageQuestion): string {
  const query = new URLSearchParams({ from, to, groupBy, sort, direction });
  for (const id of memberId ?? []) query.append('memberId', id);
  if (country !== undefined) query.set('country', country);
  return query.toString();
}

/** Returns the query of the log that shows the messages behind a figure. */
export function logQuery(question: UsageQuestion, only: { day?: string; memberId?: string; country?: string }): string {
  const members = only.memberId === undefined ? question.memberId : [only.memberId];
  const country = only.country ?? question.country;
  const query = new URLSearchParams({
    from: only.day ?? question.from,
    to: only.day ?? addDays(question.to, -1),
    ...(members === undefined ? {} : { member: members.join() }),
    ...(country === undefined ? {} : { country }),
  });
  return query.toString();
}
