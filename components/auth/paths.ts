/** Returns the path of a link within this site, or `/` for anything that leads elsewhere. */
export function ownPath(text: string | undefined): string {
  if (!text?.startsWith('/') || !URL.canParse(text, HERE)) return '/';
  const { origin, pathname, search, hash } = new URL(text, HERE);
  return origin === HERE && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
}

const HERE = 'http://here.invalid';

type Membership = { team: { slug: string }; member: { status: string } };

/**
 * Returns the path to open for a user who asked for no page: the team visited last, their only team, or the list of
 * teams. Returns null when they have no active team.
 */
export function homeOf(memberships: Membership[], last: string | undefined): string | null {
  const live = memberships.filter(({ member }) => member.status === 'active');
  const membership = live.find(({ team }) => team.slug === last) ?? (live.length === 1 ? live[0] : undefined);
  if (membership) return `/${membership.team.slug}`;
  return live.length === 0 ? null : '/account/teams';
}
