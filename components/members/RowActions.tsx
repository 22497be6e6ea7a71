'use client';

import { ActionIcon } from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import { menuOnDemand } from '@/components/ui/onDemand';
import type { MemberView } from './member';

const RowMenu = menuOnDemand(() => import('./RowMenu').then((file) => file.RowMenu));

/** The menu button of a row with the actions on its member. */
export function RowActions({ member }: { member: MemberView }) {
  return (
    <RowMenu
      member={member}
      target={
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${member.name}`}>
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      }
    />
  );
}
