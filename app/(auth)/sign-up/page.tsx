import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { RequestSignUp } from '@/components/auth/SignUp';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Create team' };

export default async function RequestSignUpRoute() {
  const { trpc, client } = await visitorQueries();
  const { signUp } = await client.fetchQuery(trpc.access.getWays.queryOptions());
  return signUp ? <RequestSignUp /> : notFound();
}
