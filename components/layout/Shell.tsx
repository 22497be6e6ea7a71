'use client';

import { ActionIcon } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import {
  ArrowLeftRight,
  ChartColumn,
  Gauge,
  MailPlus,
  Menu as MenuIcon,
  MessageSquare,
  Search,
  Settings,
  UserRound,
  Users,
} from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, useLayoutEffect, useState, type ReactNode } from 'react';
import { useTRPC } from '@/components/data';
import { DialogHost } from '@/components/ui/dialogs';
import { ShortcutHost, useShortcut } from '@/components/ui/shortcuts';
import { Account } from './Account';
import { Banners } from './Banners';
import { NotLive } from './NotLive';
import { TeamSwitcher } from './TeamSwitcher';
import { useShell } from './useShell';
import styles from './layout.module.css';

const Palette = dynamic(() => import('./Palette').then(({ Palette }) => Palette), { ssr: false });
const NavDrawer = dynamic(() => import('./NavDrawer').then(({ NavDrawer }) => NavDrawer), { ssr: false });
const HelpSheet = dynamic(() => import('./HelpSheet').then(({ HelpSheet }) => HelpSheet), { ssr: false });

/** Stores the team visited last, so that signing in leads there. */
const TEAM_COOKIE = 'purser-team';

/** The layout of every page of a team: navigation, search, banners, dialogs and shortcuts. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <ShortcutHost>
      <DialogHost>
        <Frame>{children}</Frame>
      </DialogHost>
    </ShortcutHost>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const { team } = useShell();
  const [searching, setSearching] = useState(0);
  const [helping, setHelping] = useState(false);
  const [navOpen, setNavOpen] = useState(false);
  const search = () => setSearching((times) => times + 1);
  // A layout effect, so that leaving the page immediately still stores the team.
  useLayoutEffect(() => {
    document.cookie = `${TEAM_COOKIE}=${team.slug};path=/;max-age=31536000;samesite=lax`;
  }, [team.slug]);
  useShortcut('?', 'Keyboard shortcuts', () => setHelping(true));
  usePaletteKey(search);
  const nav = <Navigation onSearch={search} onGone={() => setNavOpen(false)} />;
  return (
    <div className={styles.frame}>
      <a href="#content" className={styles.skip}>
        Skip to content
      </a>
      <aside className={styles.nav}>{nav}</aside>
      <header className={styles.top}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Menu" onClick={() => setNavOpen(true)}>
          <MenuIcon size={18} aria-hidden />
        </ActionIcon>
        <strong className={styles.teamName}>{team.name}</strong>
        <NotLive />
      </header>
      {navOpen && <NavDrawer onClose={() => setNavOpen(false)}>{nav}</NavDrawer>}
      <main id="content" className={styles.main} tabIndex={-1}>
        <Banners />
        {children}
      </main>
      {searching > 0 && <Palette opened={searching} />}
      {helping && <HelpSheet onClose={() => setHelping(false)} />}
    </div>
  );
}

/** Opens the palette on ⌘K or Ctrl K. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      open();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}

function Navigation({ onSearch, onGone }: { onSearch: () => void; onGone: () => void }) {
  const path = usePathname();
  const { team, me } = useShell();
  const members = useQuery(useTRPC().account.listMemberships.queryOptions()).data ?? [];
  const at = `/${team.slug}`;
  const links =
    me.role === 'owner'
      ? [
          { to: at, label: 'Overview', icon: Gauge },
          { to: `${at}/members`, label: 'Members', icon: Users },
          { to: `${at}/invitations`, label: 'Invitations', icon: MailPlus },
          { to: `${at}/messages`, label: 'Messages', icon: MessageSquare },
          { to: `${at}/statistics`, label: 'Statistics', icon: ChartColumn },
          { to: `${at}/transfers`, label: 'Transfers', icon: ArrowLeftRight },
          { to: `${at}/settings`, label: 'Settings', icon: Settings },
        ]
      : [
          { to: at, label: 'Overview', icon: Gauge },
          { to: `${at}/members/${me.memberId}`, label: 'My sub-account', icon: UserRound },
          { to: `${at}/messages`, label: 'Messages', icon: MessageSquare },
          { to: `${at}/statistics`, label: 'Statistics', icon: ChartColumn },
          { to: `${at}/transfers`, label: 'Transfers', icon: ArrowLeftRight },
        ];
  return (
    <>
      <TeamSwitcher members={members} />
      <button
        type="button"
        className={styles.search}
        onClick={() => {
          onGone();
          onSearch();
        }}
      >
        <Search size={14} aria-hidden />
        Search <kbd>⌘K</kbd>
      </button>
      <nav aria-label="Team">
        <ul className={styles.links}>
          {links.map(({ to, label, icon: Icon }) => (
            <li key={to}>
              <Link
                href={to}
                prefetch={false}
                className={styles.link}
                aria-current={path === to || (to !== at && path.startsWith(`${to}/`)) ? 'page' : undefined}
                onClick={onGone}
              >
                <Icon size={16} aria-hidden />
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <NotLive />
      <Account onGone={onGone} />
    </>
  );
}
