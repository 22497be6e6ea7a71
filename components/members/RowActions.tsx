'use client';

import { ActionIcon, Menu } from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import type { Seat } from './columns';
import { useMemberActions } from './useMemberActions';

/** The last button of a row: all that can be done to this member. */
export function RowActions({ member }: { member: Seat }) {
  return (
    <Menu position="bottom-end" returnFocus>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${member.name}`}>
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <MemberMenu member={member} />
      </Menu.Dropdown>
    </Menu>
  );
}

function MemberMenu({ member }: { member: Seat }) {
  const act = useMemberActions();
  if (member.status === 'deleted') {
    return <Menu.Item onClick={() => act.restore(member)}>Restore</Menu.Item>;
  }
  return (
    <>
      <Menu.Item onClick={() => act.credit(member)}>Credit</Menu.Item>
      <Menu.Item onClick={() => act.debit(member)}>Debit</Menu.Item>
      <Menu.Item onClick={() => act.rule(member)}>Recharge rule</Menu.Item>
      <Menu.Divider />
      <Menu.Item disabled={member.apiKey === null} onClick={() => act.reveal(member)}>
        Reveal key
      </Menu.Item>
      <Menu.Item onClick={() => act.rotate(member)}>Rotate key</Menu.Item>
      <Menu.Divider />
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
