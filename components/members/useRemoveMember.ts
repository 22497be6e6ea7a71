'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toMicros } from '@/server/domain/core/money';
import { sayProblem, useTRPC, useTRPCClient } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';

/** Returns the command that deletes a member; it says what returned to the master balance and offers an undo. */
export function useRemoveMember(onClose: () => void) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const cache = useQueryClient();
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const restore = (memberId: string) =>
    void client.members.restoreMember
      .mutate({ memberId })
      .then(() => cache.invalidateQueries())
      .catch((error: unknown) => toast({ message: sayProblem(error), tone: 'bad' }));
  return useMutation(
    trpc.members.deleteMember.mutationOptions({
      onSuccess: ({ member, returned }) => {
        toast({
          message: `${member.name} deleted. ${formatMoney(toMicros(returned), currency, locale)} returned to the master balance.`,
          undo: () => restore(member.id),
        });
        onClose();
      },
    }),
  );
}
