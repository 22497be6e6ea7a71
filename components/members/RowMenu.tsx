'use client';

import { Menu } from '@mantine/core';
import type { ReactElement } from 'react';
import { useInvitationDialogs } from '@/components/invitations/useInvitationDialogs';
import { useMemberActions } from './useMemberActions';
import type { MemberView } from './member';

/** The actions on a member; opens as soon as it is mounted. */
export function RowMenu({ member, target }: { member: MemberView; target: ReactElement }) {
  return (
    <Menu defaultOpened position="bottom-end">
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        <MemberMenu member={member} />
      </Menu.Dropdown>
    </Menu>
  );
}

function MemberMenu({ member }: { member: MemberView }) {
  const act = useMemberActions();
  const { invite } = useInvitationDialogs();
  if (member.status === 'deleted') {
    return <Menu.Item onClick={() => act.restore(member)}>Restore</Menu.Item>;
  }
  return (
    <>
      <Menu.Item onClick={() => act.credit(member)}>Credit</Menu.Item>
      <Menu.Item onClick={() => act.debit(member)}>Debit</Menu.Item>
      <Menu.Item onClick={() => act.rule(member)}>Auto-recharge rule</Menu.Item>
      <Menu.Divider />
      <Menu.Item disabled={member.apiKey === null} onClick={() => act.reveal(member)}>
        Reveal key
      </Menu.Item>
      <Menu.Item onClick={() => act.rotate(member)}>{member.apiKey ? 'Rotate key' : 'Create API key'}</Menu.Item>
      <Menu.Divider />
      {(!member.signsIn || member.emailGenerated) && (
        <Menu.Item onClick={() => invite(member)}>Invite someone to claim this account…</Menu.Item>
      )}
      <Menu.Item onClick={() => act.changeRole(member)}>
        {member.role === 'owner' ? 'Make member' : 'Make owner'}
      </Menu.Item>
      {member.status === 'active' ? (
        <Menu.Item onClick={() => act.deactivate(member)}>Deactivate</Menu.Item>
      ) : (
        <Menu.Item onClick={() => act.activate(member)}>Activate</Menu.Item>
      )}
      <Menu.Item c="var(--bad)" onClick={() => act.remove(member)}>
        Delete
      </Menu.Item>
    </>
  );
}
