'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toMicros } from '@/server/domain/core/money';
import { sayProblem, useTRPC, useTRPCClient } from '@/components/data';
import { useFiring } from '@/components/auto-recharge/useFiring';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { useDialogs } from '@/components/ui/dialogs';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import type { Target, MemberView } from './member';

/** All actions on a member, usable from any page: in dialogs, or immediately with an undo. */
export const useMemberActions = () => ({ ...useMemberDialogs(), ...useStatusSwitch() });

/** The dialogs of a member; their code is loaded when they open. */
export function useMemberDialogs() {
  const open = useDialogs();
  return {
    create: () =>
      open({
        title: 'Create member',
        size: 'lg',
        body: async (onClose) => {
          const { CreateMember } = await import('./CreateMember');
          return <CreateMember onClose={onClose} />;
        },
      }),
    credit: (member: Target) => open({ title: `Credit ${member.name}`, body: moveMoney('credit', member) }),
    debit: (member: Target) => open({ title: `Debit ${member.name}`, body: moveMoney('debit', member) }),
    rule: (member: Target) =>
      open({
        title: `Auto-recharge rule of ${member.name}`,
        size: 'lg',
        body: async (onClose) => {
          const { RuleDialog } = await import('@/components/auto-recharge/RuleDialog');
          return <RuleDialog memberId={member.id} onClose={onClose} />;
        },
      }),
    reveal: (member: Target) =>
      open({
        title: `API key of ${member.name}`,
        size: 'lg',
        body: async (onClose) => {
          const { RevealKey } = await import('@/components/api-keys/RevealKey');
          return <RevealKey member={member} onClose={onClose} />;
        },
      }),
    /** Creates an API key if the member has none, else rotates it. */
    rotate: (member: Target & Pick<MemberView, 'apiKey'>) =>
      open({
        title: member.apiKey ? `Rotate the API key of ${member.name}` : `Create an API key for ${member.name}`,
        size: 'lg',
        body: async (onClose) => {
          const { RotateKey } = await import('@/components/api-keys/RotateKey');
          return <RotateKey member={member} onClose={onClose} />;
        },
      }),
    resetPassword: (member: Target) =>
      open({
        title: `Reset the password of ${member.name}`,
        body: async (onClose) => {
          const { ResetMemberPassword } = await import('./ResetPassword');
          return <ResetMemberPassword member={member} onClose={onClose} />;
        },
      }),
    changeRole: (member: Target) =>
      open({
        title: member.role === 'owner' ? `Make ${member.name} a member` : `Make ${member.name} an owner`,
        body: async (onClose) => {
          const { ChangeRole } = await import('./ChangeRole');
          return <ChangeRole member={member} onClose={onClose} />;
        },
      }),
    remove: (member: Target) =>
      open({
        title: `Delete ${member.name}`,
        body: async (onClose) => {
          const { DeleteMember } = await import('./DeleteMember');
          return <DeleteMember member={member} onClose={onClose} />;
        },
      }),
  };
}

const moveMoney = (way: 'credit' | 'debit', member: Target) => async (onClose: () => void) => {
  const { MoveMoney } = await import('@/components/transfers/MoveMoney');
  return <MoveMoney way={way} member={member} onClose={onClose} />;
};

const failed = (error: unknown) => toast({ message: sayProblem(error), tone: 'bad' });

/**
 * Activates, deactivates and restores without a dialog; a toast offers undo. The callbacks belong to the mutation
 * because the menu that called it is already unmounted.
 */
function useStatusSwitch() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const cache = useQueryClient();
  const sayFiring = useFiring();
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const undo = (change: () => Promise<unknown>) => () =>
    void change()
      .then(() => cache.invalidateQueries())
      .catch(failed);
  const reactivate = async (memberId: string) => {
    const member = await client.members.activateMember.mutate({ memberId });
    const fired = await sayFiring(member);
    if (fired) toast({ message: `${member.name} activated. ${fired}` });
  };
  const activating = useMutation(
    trpc.members.activateMember.mutationOptions({
      onError: failed,
      onSuccess: async (member) =>
        toast({
          message: [`${member.name} activated.`, await sayFiring(member)].filter(Boolean).join(' '),
          undo: undo(() => client.members.deactivateMember.mutate({ memberId: member.id })),
        }),
    }),
  );
  const deactivating = useMutation(
    trpc.members.deactivateMember.mutationOptions({
      onError: failed,
      onSuccess: ({ id, name }) =>
        toast({
          message: `${name} deactivated. Its API key no longer works; balance kept.`,
          undo: undo(() => reactivate(id)),
        }),
    }),
  );
  const restoring = useMutation(
    trpc.members.restoreMember.mutationOptions({
      onError: failed,
      onSuccess: ({ name, balance }) =>
        toast({
          message: `${name} restored with a ${formatMoney(toMicros(balance), currency, locale)} balance. Create an API key for it.`,
        }),
    }),
  );
  return {
    activate: ({ id }: Target) => activating.mutate({ memberId: id }),
    deactivate: ({ id }: Target) => deactivating.mutate({ memberId: id }),
    restore: ({ id }: Target) => restoring.mutate({ memberId: id }),
  };
}
