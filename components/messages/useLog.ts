'use client';

import { useQueryStates } from 'nuqs';
import { logFilters, logView, type LogView } from './search-params';

/** What another filter ends: the place in the log, and the message that is shown. */
const ANEW = { at: null, way: null, open: null };

export const NO_FILTERS = {
  member: null,
  status: null,
  country: null,
  recipient: null,
  reference: null,
  days: null,
  from: null,
  to: null,
};

/**
 * The state of the log, as it stands in the address.
 * @param member the one member whose log it is; null: whoever the address names
 */
export function useLog(member: string | null) {
  const [view, setView] = useQueryStates(logView, { history: 'replace' });
  const held: LogView = member === null ? view : { ...view, member: [member] };
  return {
    view: held,
    filters: logFilters(held),
    isFiltered:
      view.member.length > 0 ||
      Boolean(view.status ?? view.country ?? view.recipient ?? view.reference) ||
      isRanged(view),
    narrow: (next: { [Name in keyof LogView]?: LogView[Name] | null }) => void setView({ ...next, ...ANEW }),
    go: (next: Pick<LogView, 'at' | 'way'> | null) => void setView(next ?? { at: null, way: null }),
    // Back, on a phone above all, closes what was opened last.
    show: (open: string | null) =>
      void setView({ open }, { history: open !== null && view.open === null ? 'push' : 'replace' }),
  };
}

const isRanged = ({ days, from, to }: LogView): boolean => days !== '30' || from !== null || to !== null;

export type Log = ReturnType<typeof useLog>;
