import { HydrationBoundary } from '@tanstack/react-query';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { MailPage } from '@/components/mailbox/MailPage';
import { visitorQueries } from '@/server/trpc/rsc';

export const metadata: Metadata = { title: 'Email' };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export default async function MailRoute({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  if (!UUID.test(id)) notFound();
  const { trpc, prefetch, state } = await visitorQueries();
  await prefetch(trpc.mailbox.getMail.queryOptions({ id }));
  return (
    <HydrationBoundary state={state()}>
      <MailPage id={id} />
    </HydrationBoundary>
  );
}
