'use client';

import { useQueryStates } from 'nuqs';
import { logFilters, logView, type LogView } from './search-params';

/** Reset by every filter change: the cursor and the open message. */
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
 * Holds the state of the log in the URL.
 * @param member the ID of the only member to show; null for the members in the URL
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
    // A history entry lets the back button close the drawer, above all on a phone.
    show: (open: string | null) =>
      void setView({ open }, { history: open !== null && view.open === null ? 'push' : 'replace' }),
  };
}

const isRanged = ({ days, from, to }: LogView): boolean => days !== '30' || from !== null || to !== null;

export type Log = ReturnType<typeof useLog>;
