'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { toMicros, type Micros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { formatMoney, readTyped } from '@/components/ui/money/format';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { useReverse } from './useReverse';

export type Way = 'credit' | 'debit';
type Member = { id: string; name: string; balance: string };

/** Returns the current balances, and the function that computes the effect of a typed amount on them. */
export function useMovement(way: Way, member: Member) {
  const { team } = useShell();
  const trpc = useTRPC();
  const { locale } = useLocale();
  const fresh = useQuery(trpc.members.getMemberRow.queryOptions({ memberId: member.id }, { staleTime: 0 }));
  const balances = {
    master: toMicros(team.masterBalance ?? '0.00'),
    member: toMicros(fresh.data?.balance ?? member.balance),
  };
  const money = (value: Micros) => formatMoney(value, team.currency, locale);
  const shortOf = (isAll: boolean, moved: Micros, after: typeof balances) => {
    if (moved === 0n) return isAll ? `${member.name} has no balance.` : 'Enter an amount above zero.';
    if (after.master < 0n) return `Master balance is ${money(-after.master)} short.`;
    return after.member < 0n ? `${member.name}’s balance is ${money(-after.member)} short.` : null;
  };
  /** Returns the amount to move, the balances after it, and the reason why they don't suffice. */
  const movementOf = (text: string) => {
    const typed = readTyped(text, team.currency, locale, { all: way === 'debit' });
    const wanted = 'amount' in typed ? typed.amount : 'all' in typed ? ('all' as const) : null;
    const moved = wanted === 'all' ? balances.member : wanted;
    if (moved === null) return { wanted, after: null, short: null };
    const after =
      way === 'credit'
        ? { master: balances.master - moved, member: balances.member + moved }
        : { master: balances.master + moved, member: balances.member - moved };
    return { wanted, after, short: shortOf(wanted === 'all', moved, after) };
  };
  return { balances, movementOf };
}

/** Returns the command that moves money; it says what was moved and offers an undo. */
export function useMove(way: Way, member: Member, onClose: () => void) {
  const trpc = useTRPC();
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const reverse = useReverse();
  const onSuccess = ({ transfer }: { transfer: { id: string | null; amount: string } | null }) => {
    onClose();
    if (transfer === null) return toast({ message: `Nothing was moved. ${member.name} has no balance.` });
    const amount = formatMoney(toMicros(transfer.amount), currency, locale);
    toast({
      message: way === 'credit' ? `${amount} credited to ${member.name}.` : `${amount} debited from ${member.name}.`,
      undo: () => reverse.mutate({ transferId: transfer.id ?? '' }),
    });
  };
  const credit = useMutation(trpc.transfers.creditMember.mutationOptions({ onSuccess }));
  const debit = useMutation(trpc.transfers.debitMember.mutationOptions({ onSuccess }));
  return way === 'credit' ? credit : debit;
}
