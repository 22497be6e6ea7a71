'use client';

import { useMutation } from '@tanstack/react-query';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { formatMoney, readTyped } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { useMoneyTexts } from './useMoneyTexts';

/** Adds sandbox money to the master balance of a demo. */
export function FundSandbox({ onClose }: { onClose: () => void }) {
  const { currency, masterBalance } = useShell().team;
  const { locale } = useLocale();
  const fund = useMutation(
    useTRPC().team.fundSandbox.mutationOptions({
      onSuccess: (_team, { amount }) => {
        toast({ message: `Master balance funded with ${formatMoney(toMicros(amount as string), currency, locale)}.` });
        onClose();
      },
    }),
  );
  const inputOf = ({ amount: text }: { amount: string }) => {
    const typed = readTyped(text, currency, locale);
    return 'amount' in typed && typed.amount > 0n ? { amount: printAmount(typed.amount) } : null;
  };
  const form = useCommandForm({
    initial: { amount: '' },
    command: fund,
    inputOf,
    draft: 'fund',
    ...useMoneyTexts(),
  });
  const input = inputOf(form.values);
  const before = toMicros(masterBalance ?? '0.00');
  return (
    <Form form={form} submit="Fund" isReady={input !== null} onCancel={onClose}>
      <p className="muted">Demo: this isn’t real money.</p>
      <AmountField label="Amount" {...form.field('amount')} currency={currency} first required />
      <BalancePreview
        currency={currency}
        lines={[{ label: 'Master balance', before, after: input === null ? null : before + toMicros(input.amount) }]}
      />
    </Form>
  );
}
