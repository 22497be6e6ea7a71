'use client';

import { Menu } from '@mantine/core';
import { Check } from 'lucide-react';
import Link from 'next/link';
import type { ReactElement } from 'react';

export type ShellMember = { team: { slug: string; name: string } };

/** The menu of the user's teams; opens as soon as it is mounted. */
export function TeamMenu({ members, shown, target }: { members: ShellMember[]; shown: string; target: ReactElement }) {
  return (
    <Menu defaultOpened width="target" position="bottom-start">
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Your teams</Menu.Label>
        {members.map(({ team }) => (
          <Menu.Item
            key={team.slug}
            component={Link}
            href={`/${team.slug}`}
            prefetch={false}
            rightSection={team.slug === shown ? <Check size={14} aria-label="current" /> : null}
          >
            {team.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} href="/account/teams" prefetch={false}>
          Teams
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
