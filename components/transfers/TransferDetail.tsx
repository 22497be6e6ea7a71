'use client';

import { Anchor, Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { useTRPC } from '@/components/data';
import { Form, FormFoot, FormStack } from '@/components/ui/form/Form';
import { filled, useCommandForm } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { CopyIconButton } from '@/components/ui/Copy';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Facts, Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { Kind, type Transfer } from './TransferTable';
import { ACTOR_LABELS, isReversible, sayReversed, signedAmountOf, sideName } from './labels';
import { useMoneyTexts } from './useMoneyTexts';

/** Shows one transfer and lets owners reverse it. */
export function TransferDetail({ transfer, onClose }: { transfer: Transfer; onClose: () => void }) {
  const { team, me } = useShell();
  const balance = (after: string) => <Money amount={toMicros(after)} currency={team.currency} />;
  const { balanceAfter, member } = transfer;
  const facts: [string, React.ReactNode][] = [
    ['Type', <Kind key="kind" transfer={transfer} />],
    [
      'Amount',
      <Money key="amount" amount={signedAmountOf(transfer)} currency={team.currency} decimals="all" isSigned />,
    ],
    ['From', sideName(transfer.from, member)],
    ['To', sideName(transfer.to, member)],
    ['When', <Instant key="when" at={transfer.createdAt} />],
    ['By', `${transfer.actor.name} (${ACTOR_LABELS[transfer.actor.type]})`],
    ['Note', transfer.note ?? '–'],
  ];
  if (me.role === 'owner' && transfer.noteForMember) facts.push(['Note for the member', transfer.noteForMember]);
  if (balanceAfter.master !== undefined) facts.push(['Master balance after', balance(balanceAfter.master)]);
  if (balanceAfter.member !== undefined)
    facts.push([`Balance of ${member?.name ?? 'the member'} after`, balance(balanceAfter.member)]);
  if (transfer.messageId) {
    const href = `/${team.slug}/messages?days=all&open=${transfer.messageId}`;
    facts.push([
      'Message',
      <Link key="msg" href={href} prefetch={false}>
        <code>{transfer.messageId}</code>
      </Link>,
    ]);
  }
  if (transfer.reversalOf) facts.push(['Reverses', <Id key="of" id={transfer.reversalOf} />]);
  if (transfer.reversedBy) facts.push(['Reversed by', <Id key="by" id={transfer.reversedBy} />]);
  facts.push(['ID', <Id key="id" id={transfer.id ?? ''} />]);
  return (
    <FormStack>
      <Facts of={facts} />
      {member && me.role === 'owner' && (
        <Anchor component={Link} href={`/${team.slug}/members/${member.id}`} prefetch={false} size="sm">
          Open {member.name}
        </Anchor>
      )}
      {me.role === 'owner' && isReversible(transfer) && <Reverse transfer={transfer} onDone={onClose} />}
    </FormStack>
  );
}

const Id = ({ id }: { id: string }) => (
  <>
    <code>{id}</code> <CopyIconButton text={id} label={`Copy ${id}`} />
  </>
);

function Reverse({ transfer, onDone }: { transfer: Transfer; onDone: () => void }) {
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
