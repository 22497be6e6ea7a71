import type { ReactNode } from 'react';
import styles from '@/components/account/account.module.css';

/** A page of its own, outside any team: one thing to do, and the ways on. */
export const AuthPage = ({ title, children }: { title: string; children: ReactNode }) => (
  <main className={styles.alone}>
    <p className={styles.product}>Purser</p>
    <h1>{title}</h1>
    {children}
  </main>
);
