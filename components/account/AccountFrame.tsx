'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import styles from './account.module.css';

const PAGES = [
  { to: '/account', label: 'Profile' },
  { to: '/account/password', label: 'Password' },
  { to: '/account/two-factor', label: 'Two-factor' },
  { to: '/account/sessions', label: 'Sessions' },
  { to: '/account/teams', label: 'Teams' },
  { to: '/account/alerts', label: 'Alerts' },
  { to: '/account/privacy', label: 'Privacy' },
];

/** The frame of all account settings pages, with their navigation. */
export function AccountFrame({ children }: { children: ReactNode }) {
  const path = usePathname();
  return (
    <>
      <nav aria-label="Your settings" className={styles.nav}>
        {PAGES.map(({ to, label }) => (
          <Link key={to} href={to} prefetch={false} aria-current={path === to ? 'page' : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}
