import type { ReactNode } from 'react';
import styles from '@/components/account/account.module.css';

/** The layout of a page outside any team, with one task. */
export const AuthPage = ({ title, children }: { title: string; children: ReactNode }) => (
  <main className={styles.alone}>
    <p className={styles.product}>Purser</p>
    <h1>{title}</h1>
    {children}
  </main>
);
