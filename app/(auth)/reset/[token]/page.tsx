import type { Metadata } from 'next';
import { ResetPassword } from '@/components/auth/ResetPassword';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'New password' };

/** Opening the page does not use up the link, because email scanners open every link. */
export default async function ResetRoute({ params }: { params: Promise<{ token: string }> }) {
  const { trpc, client } = await visitorQueries();
  const { token } = await params;
  const { email } = await client.fetchQuery(trpc.access.getResetLink.queryOptions({ token: token.slice(0, 200) }));
  return <ResetPassword token={token} email={email} />;
}
