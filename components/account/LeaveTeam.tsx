'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { problemOf, sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/ui/form/form.module.css';
import { Facts, Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import type { OwnMembership } from './membership';

/** Leaves a team after explaining what happens to the balance, the API key and the log of the member. */
export function LeaveTeam({ membership, onClose }: { membership: OwnMembership; onClose: () => void }) {
  const { team, member } = membership;
  const leave = useMutation(
    useTRPC().account.leaveTeam.mutationOptions({
      onSuccess: () => {
        toast({ message: `You left ${team.name}.` });
        onClose();
      },
    }),
  );
  return (
    <div className={styles.form}>
      <p>You’ll lose access immediately. To return, you need a new invitation from an owner.</p>
      <Facts
        of={[
          [
            'Member',
            `“${member.name}” stays in the team${member.role === 'owner' ? ', as a member' : ''}, without you`,
          ],
          ['Balance', 'is kept; an owner can return it to the master balance'],
          ['API key', 'stops working immediately. A new key is generated.'],
          ['Messages, transfers', 'kept in the log and the ledger'],
        ]}
      />
      {leave.isError && !leave.isPending && (
        <Note tone="bad" alert>
          {problemOf(leave.error)?.code === 'last_owner'
            ? `${team.name} would have no owner. Make another member an owner first.`
            : sayProblem(leave.error)}
        </Note>
      )}
      <div className={styles.foot}>
        <Button variant="default" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" loading={leave.isPending} onClick={() => leave.mutate({ teamId: team.id })}>
          Leave team
        </Button>
      </div>
    </div>
  );
}
