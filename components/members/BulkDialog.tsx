'use client';

import { TextInput } from '@mantine/core';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { BulkResults } from '@/components/bulk/BulkResults';
import { useBulk } from '@/components/bulk/useBulk';
import { useTRPCClient } from '@/components/data';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { Form } from '@/components/ui/form/Form';
import { filled, useCommandForm } from '@/components/ui/form/useCommandForm';
import { useFiring } from '@/components/auto-recharge/useFiring';
import { useShell } from '@/components/layout/useShell';
import { formatMoney, readTyped, sumOf } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { useLocale } from '@/components/ui/useLocale';
import { BULK_EFFECTS, BULK_LABELS, sayAllDone, STATUS_LABELS, type BulkCommand } from './labels';
import type { Chosen } from './useSelection';

type Props = { run: BulkCommand; members: Chosen[]; onClose: () => void };

/** Runs one action for many members, each with its own result. */
export function BulkDialog({ run, members, onClose }: Props) {
  const { locale } = useLocale();
  const bulk = useMoves(run, members);
  const readSum = useSum(run, members);
  const form = useCommandForm({
    initial: { amount: '', note: '' },
    command: bulk,
    inputOf: ({ amount, note }) => {
      const sum = readSum(amount);
      return sum.isReady ? { amount: sum.amount, note } : null;
    },
    draft: `${run} ${members.map(({ id }) => id).join(' ')}`,
  });
  if (bulk.results.size > 0 || bulk.isRunning) {
    return <Results run={run} members={members} bulk={bulk} onClose={onClose} />;
  }
  const sum = readSum(form.values.amount);
  const count = members.length === 1 ? '1 member' : `${members.length.toLocaleString(locale)} members`;
  return (
    <Form
      form={form}
      submit={`${BULK_LABELS[run]} ${count}${sum.printed}`}
      isReady={sum.isReady}
      isFirst={run === 'activate' || run === 'deactivate'}
      onCancel={onClose}
    >
      {run === 'credit' || run === 'debit' ? (
        <MoneyFields run={run} form={form} sum={sum} />
      ) : (
        <p>{BULK_EFFECTS[run]}</p>
      )}
      <Names members={members} />
    </Form>
  );
}

type Sum = ReturnType<ReturnType<typeof useSum>>;
type Fields = ReturnType<typeof useCommandForm<{ amount: string; note: string }, object>>;

function MoneyFields({ run, form, sum }: { run: BulkCommand; form: Pick<Fields, 'field'>; sum: Sum }) {
  const { currency } = useShell().team;
  return (
    <>
      <AmountField
        label="Amount per member"
        {...form.field('amount')}
        currency={currency}
        all={run === 'debit' ? sum.balances : undefined}
        error={sum.isShort ? 'Master balance too low for the total.' : undefined}
        first
        required
      />
      <BalancePreview currency={currency} lines={[{ label: 'Master balance', before: sum.master, after: sum.after }]} />
      <TextInput label="Note" description="Visible to owners only" maxLength={NOTE_MAX} {...form.field('note')} />
    </>
  );
}

/** Returns the function that computes the sum of a typed amount over all members. */
function useSum(run: BulkCommand, members: Chosen[]) {
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
    mutateAsync: async ({ amount, note }: { amount: string | null; note: string }) =>
      bulk.start(
        members.map(({ id }) => [id, { memberId: id, ...(amount !== null && { amount }), ...filled({ note }) }]),
      ),
  };
}
