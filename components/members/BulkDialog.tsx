'use client';

import { TextInput } from '@mantine/core';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { BulkResults } from '@/components/bulk/BulkResults';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { AmountField } from '@/components/ui/money/AmountField';
import { useLocale } from '@/components/ui/useLocale';
import { BULK_EFFECTS, BULK_LABELS, sayAllDone, type BulkCommand } from './labels';
import { useMoves, useSum } from './useBulkMoves';
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
