'use client';

import { VisuallyHidden } from '@mantine/core';
import { ChevronsUpDown } from 'lucide-react';
import { toMicros } from '@/server/domain/core/money';
import { Money } from '@/components/ui/money/Money';
import { menuOnDemand } from '@/components/ui/onDemand';
import type { ShellMember } from './TeamMenu';
import { useShell } from './useShell';
import styles from './layout.module.css';

const TeamMenu = menuOnDemand(() => import('./TeamMenu').then((file) => file.TeamMenu));

/** Shows the team's name and balance, and opens the menu of the user's teams. */
export function TeamSwitcher({ members }: { members: ShellMember[] }) {
  const { team, me } = useShell();
  return (
    <TeamMenu
      members={members}
      shown={team.slug}
      target={
        <button type="button" className={styles.team}>
          <span>
            <span className={styles.teamName}>{team.name}</span>
            <span className="muted">
              <Money amount={toMicros(team.masterBalance ?? me.balance)} currency={team.currency} />
            </span>
          </span>
          <VisuallyHidden>Switch team</VisuallyHidden>
          <ChevronsUpDown size={14} aria-hidden />
        </button>
      }
    />
  );
}
