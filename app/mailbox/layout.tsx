import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { DataProvider } from '@/components/data';
import { MailboxFrame } from '@/components/mailbox/MailboxFrame';
import { services } from '@/server/http/services';

/** The demo's mailbox; a 404 outside a demo. */
export default function MailboxLayout({ children }: { children: ReactNode }) {
  const { demo, mail } = services();
  if (!demo || mail !== 'mailbox') notFound();
  return (
    <DataProvider team={null}>
      <MailboxFrame>{children}</MailboxFrame>
    </DataProvider>
  );
}
