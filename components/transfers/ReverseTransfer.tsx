'use client';

import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { Form, FormFoot } from '@/components/ui/form/Form';
import { filled, useCommandForm } from '@/components/ui/form/useCommandForm';
import { Money } from '@/components/ui/money/Money';
import { Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { sayReversed, sideName } from './labels';
import type { Transfer } from './TransferTable';
import { useMoneyTexts } from './useMoneyTexts';

/** Reverses a transfer after saying what moves. */
export function ReverseTransfer({ transfer, onDone }: { transfer: Transfer; onDone: () => void }) {
  const [isConfirming, setConfirming] = useState(false);
  if (isConfirming) return <ConfirmReverse transfer={transfer} onCancel={() => setConfirming(false)} onDone={onDone} />;
  return (
    <FormFoot>
      <Button variant="default" onClick={() => setConfirming(true)}>
        Reverse…
      </Button>
    </FormFoot>
  );
}

type ConfirmProps = { transfer: Transfer; onCancel: () => void; onDone: () => void };

function ConfirmReverse({ transfer, onCancel, onDone }: ConfirmProps) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const reverse = useMutation(
    useTRPC().transfers.reverseTransfer.mutationOptions({
      onSuccess: ({ transfer: reversal }) => {
        toast({ message: sayReversed(reversal, currency, locale) });
        onDone();
      },
    }),
  );
  const form = useCommandForm({
    initial: { note: '' },
    command: reverse,
    inputOf: (typed) => ({ transferId: transfer.id ?? '', ...filled(typed) }),
    draft: `reverse ${transfer.id}`,
    ...useMoneyTexts(),
  });
  return (
    <Form form={form} submit="Reverse" onCancel={onCancel}>
      <Note>
        Returns the full <Money amount={toMicros(transfer.amount)} currency={currency} decimals="all" /> from{' '}
        {sideName(transfer.to, transfer.member)} to {sideName(transfer.from, transfer.member)}. The original transfer
        stays in the ledger.
      </Note>
      <TextInput label="Reason" maxLength={NOTE_MAX} {...form.field('note')} ref={focusOnce} />
    </Form>
  );
}

/** A stable reference: a new function would move the focus on every render. */
const focusOnce = (field: HTMLElement | null) => field?.focus();
