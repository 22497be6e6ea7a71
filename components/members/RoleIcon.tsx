'use client';

import { ActionIcon } from '@mantine/core';
import { UserRound, UserRoundCog } from 'lucide-react';
import { Hint } from '@/components/ui/Hint';
import styles from './members.module.css';
import { useMemberDialogs } from './useMemberActions';
import { ROLE_LABELS } from './labels';
import type { MemberView } from './member';

/** The role with the icon that switches it. */
export function RoleIcon({ member }: { member: MemberView }) {
  const { changeRole } = useMemberDialogs();
  const label = member.role === 'owner' ? `Make ${member.name} a member` : `Make ${member.name} an owner`;
  const Icon = member.role === 'owner' ? UserRoundCog : UserRound;
  return (
    <span className={styles.role}>
      <Hint text={label}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={label}
          disabled={member.status === 'deleted'}
          onClick={() => changeRole(member)}
        >
          <Icon size={14} aria-hidden />
        </ActionIcon>
      </Hint>
      {ROLE_LABELS[member.role]}
    </span>
  );
}
