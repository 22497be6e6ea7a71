'use client';

import { Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import type { ReactElement } from 'react';
import { toast } from '@/components/ui/toast';
import { useInvitationDialogs } from './useInvitationDialogs';
import { isOpen, isWithheld, type Invitation } from './labels';
import { useInvitationActions } from './useInvitationActions';

/** The actions on an invitation; opens as soon as it is mounted. */
export function InvitationMenu({ invitation, target }: { invitation: Invitation; target: ReactElement }) {
  const act = useInvitationActions();
  const { look } = useInvitationDialogs();
  const { copy } = useClipboard();
  const copyLink = (url: string) => {
    copy(url);
    toast({ message: `Link for ${invitation.email} copied. It works until it is used, resent or revoked.` });
  };
  return (
    <Menu defaultOpened position="bottom-end">
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => look(invitation)}>Details</Menu.Item>
        {invitation.url !== null && <Menu.Item onClick={() => copyLink(invitation.url!)}>Copy link</Menu.Item>}
        {isWithheld(invitation) && <Menu.Item onClick={() => look(invitation)}>Show link</Menu.Item>}
        {isOpen(invitation) && (
          <>
            <Menu.Item onClick={() => act.resend(invitation)}>Resend</Menu.Item>
            <Menu.Divider />
            <Menu.Item c="var(--bad)" onClick={() => act.revoke(invitation)}>
              Revoke
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
