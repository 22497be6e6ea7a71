'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Instant } from '@/components/ui/Instant';
import { Facts, PageHead } from '@/components/ui/pieces';
import styles from './mailbox.module.css';

/** Shows one email of the demo mailbox as HTML and as text. */
export function MailPage({ id }: { id: string }) {
  const mail = useSuspenseQuery(useTRPC().mailbox.getMail.queryOptions({ id })).data;
  return (
    <>
      <PageHead title={mail.subject} />
      <Facts
        of={[
          ['To', mail.address],
          ['Sent', <Instant key="at" at={mail.at} />],
        ]}
      />
      <iframe
        className={styles.mail}
        title="Email preview"
        // The email's HTML cannot run scripts; a click on its link leaves the mailbox, as in an email client.
        sandbox="allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"
        srcDoc={mail.html.replaceAll('target="_blank"', 'target="_top"')}
      />
      <details className={styles.plain}>
        <summary>Plain text</summary>
        <pre>{linked(mail.text)}</pre>
      </details>
    </>
  );
}

/** Returns a text with its URLs as links. */
const linked = (text: string) =>
  text.split(/(https?:\/\/\S+)/).map((part, i) =>
    i % 2 === 1 ? (
      <a key={i} href={part}>
        {part}
      </a>
    ) : (
      part
    ),
  );
