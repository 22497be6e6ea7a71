'use client';

import { useMutation } from '@tanstack/react-query';
import { problemOf, sayProblem, useTRPC } from '@/components/data';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Facts } from '@/components/ui/pieces';
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
  const form = useCommandForm({
    initial: {},
    command: leave,
    inputOf: () => ({ teamId: team.id }),
    say: (error) =>
      problemOf(error)?.code === 'last_owner'
        ? `${team.name} would have no owner. Make another member an owner first.`
        : sayProblem(error),
  });
  return (
    <Form form={form} submit="Leave team" isDangerous isCautious onCancel={onClose}>
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
    </Form>
  );
}
