import type { Metadata } from 'next';
import { ForgotPassword } from '@/components/auth/ForgotPassword';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Forgot password' };

export default async function ForgotRoute() {
  const { trpc, client } = await visitorQueries();
  const { mail } = await client.fetchQuery(trpc.access.getWays.queryOptions());
  return <ForgotPassword mail={mail} />;
}
