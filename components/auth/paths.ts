/** Keeps whoever follows a link to this site within it: the path that is asked for, or `/` for what leads elsewhere. */
export function ownPath(text: string | undefined): string {
  if (!text?.startsWith('/') || !URL.canParse(text, HERE)) return '/';
  const { origin, pathname, search, hash } = new URL(text, HERE);
  return origin === HERE && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
}

const HERE = 'http://here.invalid';

type Membership = { team: { slug: string }; member: { status: string } };

/**
 * Where a person goes who has named no page: to the team looked at last, or the only one; else to choose among them. Null:
 * there is no team to go to.
 */
export function homeOf(memberships: Membership[], last: string | undefined): string | null {
  const live = memberships.filter(({ member }) => member.status === 'active');
  const membership = live.find(({ team }) => team.slug === last) ?? (live.length === 1 ? live[0] : undefined);
  if (membership) return `/${membership.team.slug}`;
  return live.length === 0 ? null : '/account/teams';
}
