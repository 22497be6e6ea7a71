'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { sayProblem, useTRPC, useTRPCClient } from '@/components/data';
import { useFiring } from '@/components/auto-recharge/useFiring';
import { useShell } from '@/components/layout/useShell';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { toast } from '@/components/ui/toast';
import { StepDown } from './StepDown';
import { ROLE_EFFECTS } from './labels';
import type { Target } from './member';

/** Changes a role after explaining what changes and what does not. */
export function ChangeRole({ member, onClose }: { member: Target; onClose: () => void }) {
  const { me, team } = useShell();
  const router = useRouter();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const cache = useQueryClient();
  const isMe = me.memberId === member.id;
  const role = member.role === 'owner' ? ('member' as const) : ('owner' as const);
  const sayFiring = useFiring();
  const owners = useQuery(
    trpc.members.listMembers.queryOptions({ role: 'owner', status: 'active', limit: 100 }, { enabled: isMe }),
  );
  const others = owners.data?.data.filter(({ id }) => id !== member.id);
  const showError = (message: string) => toast({ message, tone: 'bad' });
  const undo = () =>
    void client.members.setRole
      .mutate({ memberId: member.id, role: member.role })
      .then(async (changed) => {
        const fired = member.role === 'member' ? await sayFiring(changed) : '';
        if (fired) toast({ message: `${changed.name} is a member again. ${fired}` });
        await cache.invalidateQueries();
      })
      .then(() => router.refresh())
      .catch((error: unknown) => showError(sayProblem(error)));
  const change = useMutation(
    trpc.members.setRole.mutationOptions({
      // Users who change their own role may lose access to this page.
      meta: { leaves: isMe },
      onSuccess: async (changed) => {
        onClose();
        // Refetches the role first; otherwise the next page may query what only owners see.
        if (isMe) {
          await cache.invalidateQueries({ queryKey: trpc.team.getShell.queryKey() });
          router.push(`/${team.slug}`);
        }
        // Stepping down can be undone only if the role can be taken back.
        const canUndo = !isMe || cache.getQueryData(trpc.team.getShell.queryKey())?.me.canTakeBack === true;
        const said = `${isMe ? 'You’re' : `${changed.name} is`} now ${role === 'owner' ? 'an owner' : 'a member'}.`;
        const fired = role === 'member' ? await sayFiring(changed) : '';
        toast({ message: fired ? `${said} ${fired}` : said, ...(canUndo && { undo }) });
      },
    }),
  );
  const form = useCommandForm({ initial: {}, command: change, inputOf: () => ({ memberId: member.id, role }) });
  return (
    <Form form={form} submit={role === 'owner' ? 'Make owner' : 'Make member'} isFirst onCancel={onClose}>
      <p>{role === 'owner' ? ROLE_EFFECTS.owner : isMe ? ROLE_EFFECTS.self : ROLE_EFFECTS.member}</p>
      {isMe && role === 'member' && <StepDown others={others} />}
      <p className="muted">{sayRest(role, isMe)}</p>
    </Form>
  );
}

function sayRest(role: 'owner' | 'member', isMe: boolean): string {
  const unchanged = 'The API key stays the same.';
  const money =
    role === 'member' ? ' If the balance is below the rule’s threshold, auto-recharge runs.' : ' No money moves.';
  return `${unchanged}${money}${isMe ? '' : ' You can change the role back at any time.'}`;
}
