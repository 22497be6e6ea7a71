'use client';

import { useMantineColorScheme } from '@mantine/core';
import { useMounted } from '@mantine/hooks';
import { LogOut, UserRound, Users } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { signOut } from '@/components/auth/session';
import { setLeaving } from '@/components/data';
import styles from './layout.module.css';

const SCHEMES = [
  ['auto', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

/** Switches between light, dark and the system's color scheme; stored in this browser. */
export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isMounted = useMounted();
  return (
    <fieldset className={styles.theme}>
      <legend className="hidden">Theme</legend>
      {SCHEMES.map(([value, label]) => (
        <label key={value}>
          <input
            type="radio"
            name="colours"
            value={value}
            // The server does not know the browser's stored choice.
            checked={(isMounted ? colorScheme : 'auto') === value}
            onChange={() => setColorScheme(value)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

const PAGES = [
  { to: '/account', label: 'Account', icon: UserRound },
  { to: '/account/teams', label: 'Teams', icon: Users },
];

/** The end of the navigation: account settings, theme and sign-out. */
export function Account({ onGone }: { onGone?: () => void }) {
  const path = usePathname();
  const leave = async () => {
    setLeaving(true);
    await signOut().catch((error: unknown) => {
      setLeaving(false);
      throw error;
    });
    window.location.assign('/sign-in');
  };
  return (
    <div className={styles.bottom}>
      <nav aria-label="Account settings">
        <ul className={styles.links}>
          {PAGES.map(({ to, label, icon: Icon }) => (
            <li key={to}>
              <Link
                href={to}
                prefetch={false}
                className={styles.link}
                aria-current={path === to ? 'page' : undefined}
                onClick={onGone}
              >
                <Icon size={16} aria-hidden />
                {label}
              </Link>
            </li>
          ))}
          <li>
            <button
              type="button"
              className={styles.link}
              style={{ width: '100%', border: 0, background: 'none', font: 'inherit', cursor: 'pointer' }}
              onClick={() => void leave()}
            >
              <LogOut size={16} aria-hidden />
              Sign out
            </button>
          </li>
        </ul>
      </nav>
      <ThemeSwitch />
    </div>
  );
}
