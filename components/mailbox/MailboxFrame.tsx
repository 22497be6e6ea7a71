'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { ShortcutHost } from '@/components/ui/shortcuts';
import styles from './mailbox.module.css';

/** The layout of the demo mailbox. */
export const MailboxFrame = ({ children }: { children: ReactNode }) => (
  <ShortcutHost>
    <header className={styles.top}>
      <Link href="/mailbox">Mailbox</Link>
      <Link href="/">Purser</Link>
    </header>
    <main className={styles.main}>{children}</main>
  </ShortcutHost>
);
