import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { AskToSignUp } from '@/components/auth/SignUp';
import { guestQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Make a team' };

export default async function AskToSignUpRoute() {
  const { trpc, client } = await guestQueries();
  const { signUp } = await client.fetchQuery(trpc.access.getWays.queryOptions());
  return signUp ? <AskToSignUp /> : notFound();
}
