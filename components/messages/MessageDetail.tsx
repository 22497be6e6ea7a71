'use client';

import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { useTRPC } from '@/components/data';
import { Country } from '@/components/rates/Country';
import { useShell } from '@/components/layout/useShell';
import { sideName } from '@/components/transfers/labels';
import { TRANSFER_KINDS } from '@/server/domain/billing/ledger/rules';
import { toMicros } from '@/components/ui/amount';
import { CopyIconButton } from '@/components/ui/Copy';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/Money';
import { Facts, Note } from '@/components/ui/pieces';
import styles from './messages.module.css';
import { ENCODINGS, MessageState } from './labels';

type Whole = inferOutput<ReturnType<typeof useTRPC>['messages']['inspectMessage']>;

/** One message whole: its text, its price, every change of its status, and the money that it moved. */
export function MessageDetail({ whole: { message, transfers } }: { whole: Whole }) {
  const { team, me } = useShell();
  const money = (amount: string) => <Money amount={amount} currency={team.currency} />;
  const isRefunded = message.status === 'failed';
  const facts: [string, ReactNode][] = [
    ['Status', <MessageState key="status" status={message.status} />],
    ['To', <Copied key="to" text={message.to} label="Copy the number" />],
    ['Country', <Country key="country" code={message.country} />],
    ['From', message.from],
    [
      'Member',
      me.role === 'owner' ? (
        <Link key="member" href={`/${team.slug}/members/${message.member.id}`} prefetch={false}>
          {message.member.name}
        </Link>
      ) : (
        message.member.name
      ),
    ],
    ['Segments', `${message.segments} (${ENCODINGS[message.encoding]})`],
    [
      'Price',
      <span key="price">
        {money(message.price)} a segment, {money(message.cost)} charged{isRefunded && ' (refunded whole)'}
      </span>,
    ],
    [
      'Reference',
      message.reference === null ? '–' : <Copied key="ref" text={message.reference} label="Copy the reference" />,
    ],
    ['Id', <Copied key="id" text={message.id} label="Copy the id" mono />],
  ];
  if (message.sendAt) facts.splice(1, 0, ['To be sent', <Instant key="at" at={message.sendAt} exact />]);
  return (
    <div className={styles.detail}>
      {message.error && (
        <Note tone="bad">
          {message.error.detail} <span className="muted">({message.error.code})</span>
        </Note>
      )}
      <Text body={message.body} />
      <Facts of={facts} />
      <section>
        <h3>What became of it</h3>
        <ol className={styles.events}>
          {message.events.map(({ status, at, detail }) => (
            <li key={status}>
              <MessageState status={status} />
              <Instant at={at} exact />
              {detail && <span className="muted">{detail}</span>}
            </li>
          ))}
        </ol>
      </section>
      <Movements transfers={transfers} isFree={toMicros(message.price) === 0n} />
    </div>
  );
}

/** Its charge, and its refund where there was one; of what the master paid, a member is not told how. */
function Movements({ transfers, isFree }: Pick<Whole, 'transfers'> & { isFree: boolean }) {
  const { currency } = useShell().team;
  return (
    <section>
      <h3>What it moved</h3>
      {transfers.length === 0 && (
        <p className="muted">{isFree ? 'Nothing: it cost nothing.' : 'The team paid for it.'}</p>
      )}
      <ul className={styles.events}>
        {transfers.map(({ id, kind, amount, from, to, member, balanceAfter }) => (
          <li key={id}>
            <strong>
              {TRANSFER_KINDS[kind].label} <Money amount={amount} currency={currency} />
            </strong>
            <span>
              {sideName(from, member)} → {sideName(to, member)}
            </span>
            {Object.values(balanceAfter).map((after) => (
              <span key={after} className="muted">
                balance after <Money amount={after} currency={currency} />
              </span>
            ))}
            <span className={styles.transferId}>
              <Copied text={id ?? ''} label="Copy the id of the transfer" mono />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const Copied = ({ text, label, mono = false }: { text: string; label: string; mono?: boolean }) => (
  <>
    {mono ? <code>{text}</code> : text} <CopyIconButton text={text} label={label} />
  </>
);

/** A text is never empty, unless it was removed: after the team's time, or because its writer was erased. */
function Text({ body }: { body: string }) {
  const days = useShell().team.textRetentionDays;
  if (body !== '') return <p className={styles.body}>{body}</p>;
  return (
    <p className="muted">{days === null ? 'The text was removed.' : `The text was removed after ${days} days.`}</p>
  );
}
