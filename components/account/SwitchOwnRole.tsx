'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { clientFor, sayProblem, useTRPC } from '@/components/data';
import { StepDown } from '@/components/members/StepDown';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { toast } from '@/components/ui/toast';
import type { OwnMembership } from './membership';

/** Switches the user's own role in one team: down to member, or back to owner while the team has none. */
export function SwitchOwnRole({ membership, onClose }: { membership: OwnMembership; onClose: () => void }) {
  const cache = useQueryClient();
  const trpc = useTRPC();
  const { member, team } = membership;
  const role = member.role === 'owner' ? ('member' as const) : ('owner' as const);
  const ask = (input: { memberId: string; role: 'owner' | 'member' }) =>
    clientFor(team.slug).members.setRole.mutate(input);
  const undo = () =>
    void ask({ memberId: member.id, role: member.role })
      .then(() => cache.invalidateQueries())
      .catch((error: unknown) => toast({ message: sayProblem(error), tone: 'bad' }));
  const owners = useQuery({
    queryKey: ['owners', team.slug],
    queryFn: () => clientFor(team.slug).members.listMembers.query({ role: 'owner', status: 'active', limit: 100 }),
    enabled: role === 'member',
  });
  const others = owners.data?.data.filter(({ id }) => id !== member.id);
  const change = useMutation({
    mutationFn: ask,
    onSuccess: async () => {
      const memberships = await cache
        .fetchQuery({ ...trpc.account.listMemberships.queryOptions(), staleTime: 0 })
        .catch(() => []);
      // Stepping down can be undone only if the role can be taken back; taking it back can always be undone.
      const canUndo = role === 'owner' || memberships.some((one) => one.member.id === member.id && one.canTakeBack);
      const message = `You’re now ${role === 'owner' ? 'an owner' : 'a member'} of ${team.name}.`;
      toast({ message, ...(canUndo && { undo }) });
      onClose();
    },
  });
  const form = useCommandForm({ initial: {}, command: change, inputOf: () => ({ memberId: member.id, role }) });
  return (
    <Form form={form} submit={role === 'owner' ? 'Take the role back' : 'Become a member'} isFirst onCancel={onClose}>
      <p>
        {role === 'member'
          ? 'You’ll only see and manage your own account there, and pay for messages from your own balance.'
          : 'You’ll manage the team again: members, money, API keys, roles and settings.'}
      </p>
      {role === 'member' && <StepDown others={others} />}
      <p className="muted">
        The API key stays the same.
        {role === 'member'
          ? ' If your balance is below your rule’s threshold, auto-recharge runs.'
          : ' No money moves.'}
      </p>
    </Form>
  );
}
