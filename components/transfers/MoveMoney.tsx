'use client';

import { Button, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { printAmount, toMicros, type Micros } from '@/server/domain/core/money';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { AmountField, useTyped } from '@/components/ui/money/AmountField';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { MoneyNote } from './MoneyNote';
import styles from '@/components/ui/form/form.module.css';
import { useReverse } from './useReverse';

type Props = { way: 'credit' | 'debit'; member: { id: string; name: string; balance: string }; onClose: () => void };

/** Moves money between the master balance and one member, and previews both balances. */
export function MoveMoney({ way, member, onClose }: Props) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const [amount, setAmount] = useState('');
  const [note, setNote] = useState('');
  const [noteForMember, setNoteForMember] = useState('');
  const { master, membership, after, short, wanted } = useMovement({ way, member, amount });
  const { move, isDone } = useMove(way, member, onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted === null || short !== null || move.isPending) return;
    const notes = { ...(note && { note }), ...(noteForMember && { noteForMember }) };
    move.mutate({ memberId: member.id, amount: wanted === 'all' ? 'all' : printAmount(wanted), ...notes });
  };
  const run = way === 'credit' ? 'Credit' : 'Debit';
  const moved = wanted === 'all' ? membership : wanted;
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <AmountField
        label="Amount"
        value={amount}
        onChange={setAmount}
        currency={currency}
        all={way === 'debit' ? membership : undefined}
        description={
          way === 'credit'
            ? 'Taken from the master balance.'
            : 'Returned to the master balance. Type “all” for the full balance.'
        }
        error={short ?? undefined}
        first
        required
      />
      <BalancePreview
        currency={currency}
        lines={[
          { label: 'Master balance', before: master, after: after?.master ?? null },
          { label: member.name, before: membership, after: after?.member ?? null },
        ]}
      />
      <TextInput
        label="Note"
        description="Visible to owners only"
        value={note}
        maxLength={NOTE_MAX}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Textarea
        label="Note for the member"
        value={noteForMember}
        maxLength={NOTE_MAX}
        autosize
        minRows={1}
        onChange={(event) => setNoteForMember(event.currentTarget.value)}
      />
      <MoneyNote mutation={move} currency={currency} />
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          {move.isPending && move.failureCount > 0 ? 'Close' : 'Cancel'}
        </Button>
        <Button type="submit" disabled={wanted === null || short !== null || isDone} loading={move.isPending}>
          {moved === null ? run : `${run} ${formatMoney(moved, currency, locale)}`}
        </Button>
      </div>
    </form>
  );
}

/** Returns the effect of the typed amount on the current balances, and whether they suffice. */
function useMovement({ way, member, amount }: Pick<Props, 'way' | 'member'> & { amount: string }) {
  const { team } = useShell();
  const trpc = useTRPC();
  const { locale } = useLocale();
  const fresh = useQuery(trpc.members.getMemberRow.queryOptions({ memberId: member.id }, { staleTime: 0 }));
  const master = toMicros(team.masterBalance ?? '0.00');
  const membership = toMicros(fresh.data?.balance ?? member.balance);
  const typed = useTyped(amount, team.currency, way === 'debit');
  const wanted = 'amount' in typed ? typed.amount : 'all' in typed ? ('all' as const) : null;
  const moved = wanted === 'all' ? membership : wanted;
  if (moved === null) return { master, membership, after: null, short: null, wanted: null };
  const after =
    way === 'credit'
      ? { master: master - moved, member: membership + moved }
      : { master: master + moved, member: membership - moved };
  const money = (value: Micros) => formatMoney(value, team.currency, locale);
  const short =
    moved === 0n
      ? wanted === 'all'
        ? `${member.name} has no balance.`
        : 'Enter an amount above zero.'
      : after.master < 0n
        ? `Master balance is ${money(-after.master)} short.`
        : after.member < 0n
          ? `${member.name}’s balance is ${money(-after.member)} short.`
          : null;
  return { master, membership, after, short, wanted };
}

function useMove(way: Props['way'], member: Props['member'], onClose: () => void) {
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
  const move = way === 'credit' ? credit : debit;
  return { move, isDone: move.isSuccess };
}
