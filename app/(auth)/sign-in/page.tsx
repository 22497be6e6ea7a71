import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { ownPath } from '@/components/account/paths';
import { SignIn } from '@/components/account/SignIn';
import { currentPerson, demoCredentials } from '@/server/auth';

export const metadata: Metadata = { title: 'Sign in' };

type Route = { searchParams: Promise<{ next?: string | string[] }> };

export default async function SignInRoute({ searchParams }: Route) {
  const [{ next }, person] = await Promise.all([searchParams, currentPerson()]);
  const path = ownPath([next].flat()[0]);
  return person ? redirect(path) : <SignIn next={path} demo={demoCredentials()} />;
}
