'use client';

import { Textarea, TextInput } from '@mantine/core';
import { printAmount } from '@/server/domain/core/money';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { useShell } from '@/components/layout/useShell';
import { filled, useCommandForm } from '@/components/ui/form/useCommandForm';
import { Form } from '@/components/ui/form/Form';
import { formatMoney } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { useLocale } from '@/components/ui/useLocale';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { useMove, useMovement, type Way } from './useMovement';
import { useMoneyTexts } from './useMoneyTexts';

type Props = { way: Way; member: { id: string; name: string; balance: string }; onClose: () => void };

const DESCRIPTIONS = {
  credit: 'Taken from the master balance.',
  debit: 'Returned to the master balance. Type “all” for the full balance.',
} satisfies Record<Way, string>;

/** Moves money between the master balance and one member, and previews both balances. */
export function MoveMoney({ way, member, onClose }: Props) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const { balances, movementOf } = useMovement(way, member);
  const form = useCommandForm({
    initial: { amount: '', note: '', noteForMember: '' },
    command: useMove(way, member, onClose),
    inputOf: ({ amount, ...notes }) => {
      const { wanted, short } = movementOf(amount);
      if (wanted === null || short !== null) return null;
      return { memberId: member.id, amount: wanted === 'all' ? wanted : printAmount(wanted), ...filled(notes) };
    },
    draft: `${way} ${member.id}`,
    ...useMoneyTexts(),
  });
  const { wanted, after, short } = movementOf(form.values.amount);
  const moved = wanted === 'all' ? balances.member : wanted;
  const run = way === 'credit' ? 'Credit' : 'Debit';
  return (
    <Form
      form={form}
      submit={moved === null ? run : `${run} ${formatMoney(moved, currency, locale)}`}
      isReady={wanted !== null && short === null}
      onCancel={onClose}
    >
      <AmountField
        label="Amount"
        {...form.field('amount')}
        currency={currency}
        all={way === 'debit' ? balances.member : undefined}
        description={DESCRIPTIONS[way]}
        error={short ?? form.errorAt('amount')}
        first
        required
      />
      <BalancePreview
        currency={currency}
        lines={[
          { label: 'Master balance', before: balances.master, after: after?.master ?? null },
          { label: member.name, before: balances.member, after: after?.member ?? null },
        ]}
      />
      <TextInput label="Note" description="Visible to owners only" maxLength={NOTE_MAX} {...form.field('note')} />
      <Textarea
        label="Note for the member"
        maxLength={NOTE_MAX}
        autosize
        minRows={1}
        {...form.field('noteForMember')}
      />
    </Form>
  );
}
