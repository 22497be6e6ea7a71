import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import { DataProvider } from '@/components/data';
import { MailboxFrame } from '@/components/mailbox/MailboxFrame';
import { services } from '@/server/http/services';

/** What the demo would have mailed, for anyone; outside it there is nothing here. */
export default function MailboxLayout({ children }: { children: ReactNode }) {
  const { demo, mail } = services();
  if (!demo || mail !== 'mailbox') notFound();
  return (
    <DataProvider team={null}>
      <MailboxFrame>{children}</MailboxFrame>
    </DataProvider>
  );
}
