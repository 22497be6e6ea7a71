import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import { NoTeam } from '@/components/account/NoTeam';
import { homeOf } from '@/components/auth/paths';
import { currentUser, myMemberships } from '@/server/auth';

type Route = { searchParams: Promise<{ deactivated?: string | string[] }> };

/** Redirects to the user's team; shows a page to users without an accessible team. */
export default async function HomeRoute({ searchParams }: Route) {
  const user = await currentUser();
  if (!user) redirect('/sign-in');
  const [members, jar, { deactivated }] = await Promise.all([myMemberships(), cookies(), searchParams]);
  const shut = members.filter(({ member }) => member.status === 'inactive');
  const left = shut.filter(({ team }) => team.slug === deactivated);
  const home = homeOf(members, jar.get('purser-team')?.value);
  if (home && left.length === 0) redirect(home);
  const names = (left.length > 0 ? left : shut).map(({ team }) => team.name);
  return <NoTeam email={user.email} deactivated={names} others={home !== null} />;
}
