'use client';

import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { toast } from '@/components/ui/toast';
import { stateInWords } from './labels';
import type { MemberView } from '@/components/members/member';

/** Returns the commands that save and remove the rule of a member. */
export function useRuleCommands({ name }: MemberView, onDone?: () => void) {
  const { recharge } = useTRPC();
  const save = useMutation(
    recharge.setRecharge.mutationOptions({
      onSuccess: (saved) => {
        toast({ message: `Auto-recharge of ${name} is ${stateInWords(saved)}.` });
        onDone?.();
      },
    }),
  );
  const remove = useMutation(
    recharge.deleteRecharge.mutationOptions({
      onSuccess: () => {
        toast({ message: `Auto-recharge rule of ${name} removed.` });
        onDone?.();
      },
    }),
  );
  return { save, remove };
}
