'use client';

import { Button, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { BulkResults } from '@/components/bulk/BulkResults';
import { useBulk } from '@/components/bulk/useBulk';
import { useTRPCClient } from '@/components/data';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import styles from '@/components/ui/form/form.module.css';
import { useFiring } from '@/components/auto-recharge/useFiring';
import { useShell } from '@/components/layout/useShell';
import { formatMoney, sumOf } from '@/components/ui/money/format';
import { AmountField, useTyped } from '@/components/ui/money/AmountField';
import { useLocale } from '@/components/ui/useLocale';
import { BULK_EFFECTS, BULK_LABELS, sayAllDone, STATUS_LABELS, type BulkCommand } from './labels';
import type { Chosen } from './useSelection';

type Props = { run: BulkCommand; members: Chosen[]; onClose: () => void };

/** Runs one action for many members, each with its own result. */
export function BulkDialog({ run, members, onClose }: Props) {
  const { currency, masterBalance } = useShell().team;
  const { locale } = useLocale();
  const moves = run === 'credit' || run === 'debit';
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const typed = useTyped(text, currency, run === 'debit');
  const amount = 'amount' in typed ? typed.amount : 'all' in typed ? ('all' as const) : null;
  const bulk = useMoves(run, members);
  if (bulk.results.size > 0 || bulk.isRunning) {
    return <Results run={run} members={members} bulk={bulk} onClose={onClose} />;
  }
  const balances = sumOf(members.map(({ balance }) => toMicros(balance)));
  const sum = amount === null ? null : amount === 'all' ? balances : amount * BigInt(members.length);
  const master = toMicros(masterBalance ?? '0.00');
  const after = sum === null ? null : run === 'credit' ? master - sum : master + sum;
  const short = run === 'credit' && after !== null && after < 0n;
  const isReady = !moves || (sum !== null && sum > 0n && !short);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) bulk.start(typeof amount === 'bigint' ? printAmount(amount) : amount, note);
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {moves ? (
        <>
          <AmountField
            label="Amount per member"
            value={text}
            onChange={setText}
            currency={currency}
            all={run === 'debit' ? balances : undefined}
            error={short ? 'Master balance too low for the total.' : undefined}
            first
            required
          />
          <BalancePreview currency={currency} lines={[{ label: 'Master balance', before: master, after }]} />
          <TextInput
            label="Note"
            description="Visible to owners only"
            value={note}
            maxLength={NOTE_MAX}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </>
      ) : (
        <p>{BULK_EFFECTS[run]}</p>
      )}
      <Names members={members} />
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!isReady} data-autofocus={moves ? undefined : true}>
          {BULK_LABELS[run]} {members.length === 1 ? '1 member' : `${members.length.toLocaleString(locale)} members`}
          {sum !== null && sum > 0n && ` · ${formatMoney(sum, currency, locale)}`}
        </Button>
      </div>
    </form>
  );
}

const NAMES_SHOWN = 6;

function Names({ members }: { members: Chosen[] }) {
  const names = members.slice(0, NAMES_SHOWN).map(({ name }) => name);
  const more = members.length - names.length;
  return (
    <p className="muted" style={{ overflowWrap: 'anywhere' }}>
      {names.join(', ')}
      {more > 0 && ` and ${more} more`}
    </p>
  );
}

type ResultsProps = Props & { bulk: ReturnType<typeof useMoves> };

function Results({ run, members, bulk, onClose }: ResultsProps) {
  return <BulkResults rows={members} bulk={bulk} onClose={onClose} allWentWell={sayAllDone(run, members.length)} />;
}

type Input = { memberId: string } | { memberId: string; amount: string; note?: string };

function useMoves(run: BulkCommand, members: Chosen[]) {
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
    start: (amount: string | null, note: string) =>
      bulk.start(
        members.map(({ id }) => [id, { memberId: id, ...(amount !== null && { amount }), ...(note && { note }) }]),
      ),
  };
}
