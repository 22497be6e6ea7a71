'use client';

import { useMutation } from '@tanstack/react-query';
import { sayProblem, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { sayReversed } from './labels';

/** Reverses a credit, debit or recharge in full and shows the result in a toast. */
export function useReverse() {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  return useMutation(
    useTRPC().transfers.reverseTransfer.mutationOptions({
      onSuccess: ({ transfer }) => toast({ message: sayReversed(transfer, currency, locale) }),
      onError: (error) => toast({ message: `Nothing was moved. ${sayProblem(error)}`, tone: 'bad' }),
    }),
  );
}
