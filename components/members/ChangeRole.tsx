'use client';

import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { sayProblem, useTRPC, useTRPCClient } from '@/components/data';
import { useShell } from '@/components/shell/useShell';
import styles from '@/components/money/money.module.css';
import { Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import type { Target } from './useMemberActions';

/** Switches a role, after saying in words what changes and what does not. */
export function ChangeRole({ member, onClose }: { member: Target; onClose: () => void }) {
  const { me, team } = useShell();
  const router = useRouter();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const cache = useQueryClient();
  const isMe = me.memberId === member.id;
  const role = member.role === 'owner' ? ('member' as const) : ('owner' as const);
  const tell = (message: string) => toast({ message, tone: 'bad' });
  const undo = () =>
    void client.members.setRole
      .mutate({ memberId: member.id, role: member.role })
      .then(() => cache.invalidateQueries())
      .then(() => router.refresh())
      .catch((error: unknown) => tell(sayProblem(error)));
  const change = useMutation(
    trpc.members.setRole.mutationOptions({
      // What one may see changes with one's own role: this page may be none of it.
      meta: { leaves: isMe },
      onSuccess: async ({ name }) => {
        toast({
          message: `${isMe ? 'You are' : `${name} is`} ${role === 'owner' ? 'an owner' : 'a member'} now.`,
          undo,
        });
        onClose();
        if (!isMe) return;
        // First who one is now: else the page that follows may ask for what only an owner sees.
        await cache.invalidateQueries({ queryKey: trpc.team.getShell.queryKey() });
        router.push(`/${team.slug}`);
      },
    }),
  );
  return (
    <div className={styles.form}>
      <p>{role === 'owner' ? WORDS.owner : isMe ? WORDS.myself : WORDS.member}</p>
      <p className="muted">No money moves and no key changes with the role. It can be switched back at any time.</p>
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
          {role === 'owner' ? 'Make owner' : 'Make member'}
        </Button>
      </div>
    </div>
  );
}

const WORDS = {
  owner:
    'An owner manages the whole team: members, money, keys, roles and settings. Its messages are paid from the master balance; its own balance stays where it is, and its recharge rule rests.',
  member:
    'A member sees and does only what is its own. Its messages are paid from its own balance, and its recharge rule works again.',
  myself:
    'You will see and do only what is your own. Your messages are paid from your own balance. If no other owner is left, you can take the role back: from the banner, or under Teams in your account settings.',
};
