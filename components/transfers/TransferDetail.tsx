'use client';

import { Anchor } from '@mantine/core';
import Link from 'next/link';
import { toMicros } from '@/server/domain/core/money';
import { useShell } from '@/components/layout/useShell';
import { CopyIconButton } from '@/components/ui/Copy';
import { FormStack } from '@/components/ui/form/Form';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Facts } from '@/components/ui/pieces';
import { ReverseTransfer } from './ReverseTransfer';
import { Kind, type Transfer } from './TransferTable';
import { ACTOR_LABELS, isReversible, sideName, signedAmountOf } from './labels';

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
      {me.role === 'owner' && isReversible(transfer) && <ReverseTransfer transfer={transfer} onDone={onClose} />}
    </FormStack>
  );
}

const Id = ({ id }: { id: string }) => (
  <>
    <code>{id}</code> <CopyIconButton text={id} label={`Copy ${id}`} />
  </>
);
