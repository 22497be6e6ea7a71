'use client';

import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { clientFor, sayProblem } from '@/components/data';
import styles from '@/components/money/money.module.css';
import { Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import type { OwnSeat } from './TeamsPage';

/** Switches one's own role in one team: down to member, or back to owner while the team has none. */
export function SwitchOwnRole({ seat, onClose }: { seat: OwnSeat; onClose: () => void }) {
  const cache = useQueryClient();
  const { member, team } = seat;
  const role = member.role === 'owner' ? ('member' as const) : ('owner' as const);
  const ask = (input: { memberId: string; role: 'owner' | 'member' }) =>
    clientFor(team.slug).members.setRole.mutate(input);
  const undo = () =>
    void ask({ memberId: member.id, role: member.role })
      .then(() => cache.invalidateQueries())
      .catch((error: unknown) => toast({ message: sayProblem(error), tone: 'bad' }));
  const change = useMutation({
    mutationFn: ask,
    onSuccess: () => {
      toast({ message: `You are ${role === 'owner' ? 'an owner' : 'a member'} of ${team.name} now.`, undo });
      onClose();
    },
  });
  return (
    <div className={styles.form}>
      <p>
        {role === 'member'
          ? 'You will see and do only what is your own there, and pay for your messages from your own balance. While the team has no other owner, you can take the role back here.'
          : 'You manage the team again: members, money, keys, roles and settings.'}
      </p>
      <p className="muted">No money moves and no key changes with the role.</p>
      {change.isError && (
        <Note tone="bad" alert>
          {sayProblem(change.error)}
        </Note>
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button data-autofocus loading={change.isPending} onClick={() => change.mutate({ memberId: member.id, role })}>
          {role === 'owner' ? 'Take the role back' : 'Become a member'}
        </Button>
      </div>
    </div>
  );
}
