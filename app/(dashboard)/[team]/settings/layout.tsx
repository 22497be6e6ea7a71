import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { SettingsFrame } from '@/components/team-settings/SettingsFrame';
import { serverQueries } from '@/server/trpc/rsc';

type Layout = { children: ReactNode; params: Promise<{ team: string }> };

/** Owners only; members get a 404. */
export default async function SettingsLayout({ children, params }: Layout) {
  const { trpc, client } = await serverQueries((await params).team);
  const { me } = await client.fetchQuery(trpc.team.getShell.queryOptions());
  return me.role === 'owner' ? <SettingsFrame>{children}</SettingsFrame> : notFound();
}
