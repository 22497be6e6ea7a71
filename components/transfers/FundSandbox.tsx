'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { AmountField, useTyped } from '@/components/ui/money/AmountField';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { MoneyNote } from './MoneyNote';
import styles from '@/components/ui/form/form.module.css';

/** Adds sandbox money to the master balance of a demo. */
export function FundSandbox({ onClose }: { onClose: () => void }) {
  const { currency, masterBalance } = useShell().team;
  const { locale } = useLocale();
  const [text, setText] = useState('');
  const typed = useTyped(text, currency);
  const amount = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
  const fund = useMutation(
    useTRPC().team.fundSandbox.mutationOptions({
      onSuccess: () => {
        toast({ message: `Master balance funded with ${formatMoney(amount ?? 0n, currency, locale)}.` });
        onClose();
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (amount !== null && !fund.isPending) fund.mutate({ amount: printAmount(amount) });
  };
  const before = toMicros(masterBalance ?? '0.00');
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <p className="muted">Demo: this isn’t real money.</p>
      <AmountField label="Amount" value={text} onChange={setText} currency={currency} first required />
      <BalancePreview
        currency={currency}
        lines={[{ label: 'Master balance', before, after: amount === null ? null : before + amount }]}
      />
      <MoneyNote mutation={fund} currency={currency} />
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={amount === null} loading={fund.isPending}>
          Fund
        </Button>
      </div>
    </form>
  );
}
