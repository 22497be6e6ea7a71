import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { SetUp } from '@/components/auth/SetUp';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Set up' };

type Route = { searchParams: Promise<{ code?: string | string[] }> };

export default async function SetUpRoute({ searchParams }: Route) {
  const { trpc, client } = await visitorQueries();
  const { setup } = await client.fetchQuery(trpc.access.getWays.queryOptions());
  return setup ? <SetUp code={[(await searchParams).code].flat()[0] ?? ''} /> : notFound();
}
