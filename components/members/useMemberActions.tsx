'use client';

import { Loader } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { problemOf, useTRPC, useTRPCClient } from '@/components/data';
import { useDialogs } from '@/components/ui/dialogs';
import { toast } from '@/components/ui/toast';
import type { Seat } from './columns';

const loading = () => <Loader size="sm" aria-label="Loading" />;
// Fetched when one is opened: none is needed to see the page.
const CreateMember = dynamic(() => import('./CreateMember').then((file) => file.CreateMember), { loading });
const DeleteMember = dynamic(() => import('./DeleteMember').then((file) => file.DeleteMember), { loading });
const ChangeRole = dynamic(() => import('./ChangeRole').then((file) => file.ChangeRole), { loading });
const MoveMoney = dynamic(() => import('@/components/money/MoveMoney').then((file) => file.MoveMoney), { loading });
const RuleDialog = dynamic(() => import('@/components/recharge/RuleDialog').then((file) => file.RuleDialog), {
  loading,
});
const RevealKey = dynamic(() => import('@/components/keys/RevealKey').then((file) => file.RevealKey), { loading });
const RotateKey = dynamic(() => import('@/components/keys/RotateKey').then((file) => file.RotateKey), { loading });

export type Target = Pick<Seat, 'id' | 'name' | 'role' | 'status' | 'balance'>;

/** Everything that can be done to a member, from wherever it is shown: dialogs, or at once with an undo. */
export function useMemberActions() {
  const open = useDialogs();
  const status = useStatusSwitch();
  return {
    ...status,
    create: () => open({ title: 'Create member', size: 'lg', body: (close) => <CreateMember onClose={close} /> }),
    credit: (member: Target) =>
      open({
        title: `Credit ${member.name}`,
        body: (close) => <MoveMoney way="credit" member={member} onClose={close} />,
      }),
    debit: (member: Target) =>
      open({
        title: `Debit ${member.name}`,
        body: (close) => <MoveMoney way="debit" member={member} onClose={close} />,
      }),
    rule: (member: Target) =>
      open({
        title: `Recharge rule of ${member.name}`,
        size: 'lg',
        body: (close) => <RuleDialog memberId={member.id} onClose={close} />,
      }),
    reveal: (member: Target) =>
      open({
        title: `Key of ${member.name}`,
        size: 'lg',
        body: (close) => <RevealKey member={member} onClose={close} />,
      }),
    rotate: (member: Target) =>
      open({
        title: `Rotate the key of ${member.name}`,
        size: 'lg',
        body: (close) => <RotateKey member={member} onClose={close} />,
      }),
    changeRole: (member: Target) =>
      open({
        title: member.role === 'owner' ? `Make ${member.name} a member` : `Make ${member.name} an owner`,
        body: (close) => <ChangeRole member={member} onClose={close} />,
      }),
    remove: (member: Target) =>
      open({ title: `Delete ${member.name}`, body: (close) => <DeleteMember member={member} onClose={close} /> }),
  };
}

const failed = (error: unknown) => toast({ message: problemOf(error)?.detail ?? 'No answer arrived.', tone: 'bad' });

/**
 * Activate, deactivate and restore need no dialog: they are done at once, and undone from the toast. What is said stands
 * with the mutation and not with the call: the menu that called is gone by then.
 */
function useStatusSwitch() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const cache = useQueryClient();
  const undo = (change: () => Promise<unknown>) => () =>
    void change()
      .then(() => cache.invalidateQueries())
      .catch(failed);
  const activating = useMutation(
    trpc.members.activateMember.mutationOptions({
      onError: failed,
      onSuccess: ({ id, name }) =>
        toast({
          message: `${name} is active.`,
          undo: undo(() => client.members.deactivateMember.mutate({ memberId: id })),
        }),
    }),
  );
  const deactivating = useMutation(
    trpc.members.deactivateMember.mutationOptions({
      onError: failed,
      onSuccess: ({ id, name }) =>
        toast({
          message: `${name} is inactive: its key is refused from now on. Its balance stays.`,
          undo: undo(() => client.members.activateMember.mutate({ memberId: id })),
        }),
    }),
  );
  const restoring = useMutation(
    trpc.members.restoreMember.mutationOptions({
      onError: failed,
      onSuccess: ({ name }) =>
        toast({ message: `${name} is back, as a member with balance 0. Rotate in a key for it.` }),
    }),
  );
  return {
    activate: ({ id }: Target) => activating.mutate({ memberId: id }),
    deactivate: ({ id }: Target) => deactivating.mutate({ memberId: id }),
    restore: ({ id }: Target) => restoring.mutate({ memberId: id }),
  };
}
