import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { ownPath } from '@/components/auth/paths';
import { SignIn } from '@/components/auth/SignIn';
import { currentUser, demoCredentials } from '@/server/auth';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Sign in' };

type Route = { searchParams: Promise<{ next?: string | string[] }> };

export default async function SignInRoute({ searchParams }: Route) {
  const [{ next }, user] = await Promise.all([searchParams, currentUser()]);
  const path = ownPath([next].flat()[0]);
  if (user) redirect(path);
  const { trpc, client } = await visitorQueries();
  const ways = await client.fetchQuery(trpc.access.getWays.queryOptions());
  return <SignIn next={path} demo={demoCredentials()} ways={ways} />;
}
