import { createLoader, parseAsArrayOf, parseAsString, parseAsStringLiteral } from 'nuqs/server';
import { dayFromNow } from '@/components/ui/day';
import { parseAsCountry, parseAsDay, parseAsId, parseAsMatching } from '@/components/ui/search-params';
import { MESSAGE_STATUSES, REFERENCE_MAX } from '@/server/domain/messaging/messages/rules';

/** Ranges by their number of UTC days, including today. */
export const SPANS = ['1', '7', '30', '90', '365', 'all'] as const;

/** The state of the log in its URL; days are UTC and the last day is included. */
export const logView = {
  member: parseAsArrayOf(parseAsId('mem')).withDefault([]),
  status: parseAsStringLiteral(MESSAGE_STATUSES),
  country: parseAsCountry,
  recipient: parseAsMatching((text) => /^\+[0-9]{1,15}$/.test(text)),
  reference: parseAsString,
  days: parseAsStringLiteral(SPANS).withDefault('30'),
  from: parseAsDay,
  to: parseAsDay,
  /** A cursor of the log; with `hold`, the position at which the live page was paused. */
  at: parseAsString,
  way: parseAsStringLiteral(['older', 'newer', 'hold']).withDefault('older'),
  /** The ID of the open message. */
  open: parseAsId('msg'),
};

export const loadLogView = createLoader(logView);

export type LogView = Awaited<ReturnType<typeof loadLogView>>;

const DAY_MS = 86_400_000;

const printDay = (day: Date): string => day.toISOString().slice(0, 10);

/** Returns the first day and the day after the last one; null stands for an open end. */
function rangeOf({ days, from, to }: LogView): { from: string | null; to: string | null } {
  if (from === null && to === null) return { from: days === 'all' ? null : dayFromNow(1 - Number(days)), to: null };
  return { from: from && printDay(from), to: to && printDay(new Date(to.getTime() + DAY_MS)) };
}

/** Returns the filters as the server takes them. */
export function logFilters(view: LogView) {
  const { member, status, country, recipient, reference } = view;
  const { from, to } = rangeOf(view);
  return {
    ...(member.length > 0 && { memberId: member.slice(0, MEMBERS_MAX) }),
    ...(status && { status }),
    ...(country && { country }),
    ...(recipient && { recipient }),
    ...(reference && { reference: reference.slice(0, REFERENCE_MAX) }),
    ...(from && { from }),
    ...(to && { to }),
  };
}

const MEMBERS_MAX = 100;
export const PAGE_SIZE = 50;

export type LogFilters = ReturnType<typeof logFilters>;

/** Returns the query of the page, identical on the server and in the browser. */
export const logQuestion = (view: LogView) => ({
  ...logFilters(view),
  limit: PAGE_SIZE,
  way: view.way === 'newer' ? ('newer' as const) : ('older' as const),
  ...(view.at && { cursor: view.at }),
});

/** Returns the filters as the query of the CSV export. */
export function exportMessagesQuery(filters: LogFilters): string {
  const { memberId = [], ...others } = filters;
  const query = new URLSearchParams(memberId.map((id) => ['memberId', id]));
  for (const [name, value] of Object.entries(others)) query.set(name, value);
  return query.toString();
}
