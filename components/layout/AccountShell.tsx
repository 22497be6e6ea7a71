'use client';

import { ActionIcon } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Menu as MenuIcon, UsersRound } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useState, type ReactNode } from 'react';
import { useTRPC } from '@/components/data';
import { DialogHost } from '@/components/ui/dialogs';
import { ShortcutHost } from '@/components/ui/shortcuts';
import { Account } from './Account';
import styles from './layout.module.css';

const NavDrawer = dynamic(() => import('./NavDrawer').then((file) => file.NavDrawer), { ssr: false });

/** The layout of the account pages, with links back to the teams. */
export function AccountShell({ children }: { children: ReactNode }) {
  const members = useSuspenseQuery(useTRPC().account.listMemberships.queryOptions()).data;
  const [navOpen, setNavOpen] = useState(false);
  const live = members.filter(({ member }) => member.status === 'active');
  const nav = (
    <>
      <strong>Account</strong>
      <nav aria-label="Your teams">
        <ul className={styles.links}>
          {live.map(({ team }) => (
            <li key={team.slug}>
              <Link href={`/${team.slug}`} prefetch={false} className={styles.link}>
                <UsersRound size={16} aria-hidden />
                {team.name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Account onGone={() => setNavOpen(false)} />
    </>
  );
  return (
    <ShortcutHost>
      <DialogHost>
        <div className={styles.frame}>
          <aside className={styles.nav}>{nav}</aside>
          <header className={styles.top}>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Menu" onClick={() => setNavOpen(true)}>
              <MenuIcon size={18} aria-hidden />
            </ActionIcon>
            <strong>Account</strong>
            {live[0] && <Link href={`/${live[0].team.slug}`}>{live[0].team.name}</Link>}
          </header>
          {navOpen && <NavDrawer onClose={() => setNavOpen(false)}>{nav}</NavDrawer>}
          <main id="content" className={styles.main}>
            {children}
          </main>
        </div>
      </DialogHost>
    </ShortcutHost>
  );
}
