'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { useShell } from '@/components/layout/useShell';
import { PageHead } from '@/components/ui/pieces';
import styles from './team-settings.module.css';

/** The frame of all settings pages, with their navigation. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  const { slug } = useShell().team;
  const path = usePathname();
  const pages = [
    { to: `/${slug}/settings`, label: 'General' },
    { to: `/${slug}/settings/alerts`, label: 'Alerts' },
    { to: `/${slug}/settings/rates`, label: 'Rates' },
    { to: `/${slug}/settings/security`, label: 'Security and privacy' },
    { to: `/${slug}/settings/audit`, label: 'Audit' },
  ];
  return (
    <>
      <PageHead title="Settings" />
      <nav aria-label="Settings" className={styles.nav}>
        {pages.map(({ to, label }) => (
          <Link key={to} href={to} prefetch={false} aria-current={path === to ? 'page' : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}
