'use client';

import { printAmount, toMicros } from '@/server/domain/core/money';
import { useFiring } from '@/components/auto-recharge/useFiring';
import { useBulk } from '@/components/bulk/useBulk';
import { useTRPCClient } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { filled } from '@/components/ui/form/useCommandForm';
import { formatMoney, readTyped, sumOf } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';
import { STATUS_LABELS, type BulkCommand } from './labels';
import type { Chosen } from './useSelection';

/** Returns the function that computes the sum of a typed amount over all members. */
export function useSum(run: BulkCommand, members: Chosen[]) {
  const { currency, masterBalance } = useShell().team;
  const { locale } = useLocale();
  const movesMoney = run === 'credit' || run === 'debit';
  const balances = sumOf(members.map(({ balance }) => toMicros(balance)));
  const master = toMicros(masterBalance ?? '0.00');
  return (text: string) => {
    const typed = readTyped(text, currency, locale, { all: run === 'debit' });
    const each = 'amount' in typed ? typed.amount : 'all' in typed ? ('all' as const) : null;
    const sum = each === null ? null : each === 'all' ? balances : each * BigInt(members.length);
    const after = sum === null ? null : run === 'credit' ? master - sum : master + sum;
    const isShort = run === 'credit' && after !== null && after < 0n;
    const hasSum = sum !== null && sum > 0n;
    const amount = typeof each === 'bigint' ? printAmount(each) : each;
    const printed = hasSum ? ` · ${formatMoney(sum, currency, locale)}` : '';
    return { amount, balances, master, after, isShort, isReady: !movesMoney || (hasSum && !isShort), printed };
  };
}

type Input = { memberId: string } | { memberId: string; amount: string; note?: string };

/** Returns the command that runs one action for each member, with the results by member. */
export function useMoves(run: BulkCommand, members: Chosen[]) {
  const client = useTRPCClient();
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const sayFiring = useFiring();
  const bulk = useBulk(async (input: Input): Promise<string> => {
    if (run === 'activate') {
      const member = await client.members.activateMember.mutate(input);
      return [STATUS_LABELS[member.status], await sayFiring(member)].filter(Boolean).join('. ');
    }
    if (run === 'deactivate') return STATUS_LABELS[(await client.members.deactivateMember.mutate(input)).status];
    const commands = client.transfers;
    const money = input as { memberId: string; amount: string };
    const { balances } =
      run === 'credit' ? await commands.creditMember.mutate(money) : await commands.debitMember.mutate(money);
    return `Balance ${formatMoney(toMicros(balances.member), currency, locale)}`;
  });
  return {
    ...bulk,
    mutateAsync: async ({ amount, note }: { amount: string | null; note: string }) =>
      bulk.start(
        members.map(({ id }) => [id, { memberId: id, ...(amount !== null && { amount }), ...filled({ note }) }]),
      ),
  };
}
