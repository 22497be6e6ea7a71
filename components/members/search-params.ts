import { createLoader, parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from 'nuqs/server';
import { MEMBER_STATUSES, RECHARGE_FILTERS, MEMBER_SORTS } from '@/server/domain/teams/members/rules';

const ROLES = ['owner', 'member'] as const;
const PAGE_SIZES = [25, 50, 100];

/** The state of the team page in its URL. */
export const memberView = {
  q: parseAsString.withDefault(''),
  status: parseAsArrayOf(parseAsStringLiteral(MEMBER_STATUSES)).withDefault([]),
  role: parseAsStringLiteral(ROLES),
  recharge: parseAsStringLiteral(RECHARGE_FILTERS),
  sort: parseAsStringLiteral(MEMBER_SORTS).withDefault('name'),
  dir: parseAsStringLiteral(['asc', 'desc']).withDefault('asc'),
  page: parseAsInteger.withDefault(1),
  size: parseAsInteger.withDefault(25),
};

export const loadMemberView = createLoader(memberView);

export type MemberView = Awaited<ReturnType<typeof loadMemberView>>;

/** Returns the filters as the procedures take them. */
export function memberFilter({ q, status, role, recharge }: MemberView) {
  return {
    ...(q.trim() === '' ? {} : { query: q.trim() }),
    ...(status.length === 0 ? {} : { status }),
    ...(role === null ? {} : { role }),
    ...(recharge === null ? {} : { recharge }),
  };
}

/** Returns the query of the page, identical on the server and in the browser. */
export function memberQuestion(view: MemberView) {
  const { sort, dir, page, size } = view;
  return {
    ...memberFilter(view),
    sort,
    direction: dir,
    page: Math.max(1, page),
    pageSize: PAGE_SIZES.includes(size) ? size : 25,
  };
}
