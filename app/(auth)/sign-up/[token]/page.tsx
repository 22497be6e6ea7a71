import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { SignUp } from '@/components/auth/SignUp';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Create team' };

export default async function SignUpRoute({ params }: { params: Promise<{ token: string }> }) {
  const { trpc, client } = await visitorQueries();
  const { signUp } = await client.fetchQuery(trpc.access.getWays.queryOptions());
  if (!signUp) notFound();
  const { token } = await params;
  const link = await client.fetchQuery(trpc.access.getSignUpLink.queryOptions({ token: token.slice(0, 200) }));
  return <SignUp token={token} {...link} />;
}
