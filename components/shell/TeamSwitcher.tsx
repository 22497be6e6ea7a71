'use client';

import { Menu } from '@mantine/core';
import { Check, ChevronsUpDown } from 'lucide-react';
import Link from 'next/link';
import { Money } from '@/components/ui/Money';
import { useShell } from './useShell';
import styles from './shell.module.css';

type Seat = { team: { slug: string; name: string }; member: { role: string } };

/** The team's name and its money; opens the person's other teams. */
export function TeamSwitcher({ seats }: { seats: Seat[] }) {
  const { team, me } = useShell();
  return (
    <Menu width="target" position="bottom-start">
      <Menu.Target>
        <button type="button" className={styles.team} aria-label={`Team ${team.name}: switch`}>
          <span>
            <span className={styles.teamName}>{team.name}</span>
            <span className="muted">
              <Money amount={team.masterBalance ?? me.balance} currency={team.currency} />
            </span>
          </span>
          <ChevronsUpDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Your teams</Menu.Label>
        {seats.map((seat) => (
          <Menu.Item
            key={seat.team.slug}
            component={Link}
            href={`/${seat.team.slug}`}
            prefetch={false}
            rightSection={seat.team.slug === team.slug ? <Check size={14} aria-label="shown now" /> : null}
          >
            {seat.team.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} href="/account/teams" prefetch={false}>
          Teams and roles
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
