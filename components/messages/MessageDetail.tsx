'use client';

import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { useTRPC } from '@/components/data';
import { Country } from '@/components/rates/Country';
import { useShell } from '@/components/layout/useShell';
import { signedAmountOf, sideName } from '@/components/transfers/labels';
import { TRANSFER_KINDS } from '@/server/domain/billing/ledger/rules';
import { toMicros, type Micros } from '@/server/domain/core/money';
import { decimalsOf } from '@/components/ui/money/format';
import { CopyIconButton } from '@/components/ui/Copy';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Facts, Note } from '@/components/ui/pieces';
import styles from './messages.module.css';
import { ENCODINGS, MessageState } from './labels';

type Whole = inferOutput<ReturnType<typeof useTRPC>['messages']['inspectMessage']>;

/** Shows one message: text, price, status changes and transfers. */
export function MessageDetail({ whole: { message, transfers } }: { whole: Whole }) {
  const { team, me } = useShell();
  const [price, cost] = [toMicros(message.price), toMicros(message.cost)];
  const decimals = decimalsOf([price, cost], team.currency);
  const money = (amount: Micros) => <Money amount={amount} currency={team.currency} decimals={decimals} />;
  const isRefunded = message.status === 'failed';
  const facts: [string, ReactNode][] = [
    ['Status', <MessageState key="status" status={message.status} />],
    ['To', <Copied key="to" text={message.to} label="Copy number" />],
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
        {money(price)} per segment · {isRefunded ? 'refunded' : <>{money(cost)} charged</>}
      </span>,
    ],
    [
      'Reference',
      message.reference === null ? '–' : <Copied key="ref" text={message.reference} label="Copy reference" />,
    ],
    ['ID', <Copied key="id" text={message.id} label="Copy ID" mono />],
  ];
  if (message.sendAt) facts.splice(1, 0, ['Scheduled for', <Instant key="at" at={message.sendAt} exact />]);
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
        <h3>Timeline</h3>
        <ol className={styles.events}>
          {message.events.map(({ status, at, detail, carrier, carrierRef }) => (
            <li key={`${status} ${at}`}>
              <MessageState status={status} />
              <Instant at={at} exact />
              {carrier !== null && (
                <span className="muted" title={carrierRef ?? undefined}>
                  {carrier}
                </span>
              )}
              {detail && <span className="muted">{detail}</span>}
            </li>
          ))}
        </ol>
      </section>
      <Movements transfers={transfers} isFree={price === 0n} />
    </div>
  );
}

/** Lists the message's charge and refund. For messages paid from the master balance, members see no transfer. */
function Movements({ transfers, isFree }: Pick<Whole, 'transfers'> & { isFree: boolean }) {
  const { currency } = useShell().team;
  const decimals = decimalsOf(transfers.map(signedAmountOf), currency);
  return (
    <section>
      <h3>Charges</h3>
      {transfers.length === 0 && <p className="muted">{isFree ? 'No charge' : 'Paid by the team'}</p>}
      <ul className={styles.events}>
        {transfers.map((transfer) => (
          <li key={transfer.id}>
            <strong>
              {TRANSFER_KINDS[transfer.kind].label}{' '}
              <Money amount={signedAmountOf(transfer)} currency={currency} decimals={decimals} isSigned />
            </strong>
            <span>
              {sideName(transfer.from, transfer.member)} → {sideName(transfer.to, transfer.member)}
            </span>
            {Object.values(transfer.balanceAfter).map((after) => (
              <span key={after} className="muted">
                balance after <Money amount={toMicros(after)} currency={currency} />
              </span>
            ))}
            <span className={styles.transferId}>
              <Copied text={transfer.id ?? ''} label="Copy transfer ID" mono />
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

/**
 * A message's text is empty only after it was deleted: by the team's retention, or because its sender's user was
 * deleted.
 */
function Text({ body }: { body: string }) {
  const days = useShell().team.textRetentionDays;
  if (body !== '') return <p className={styles.body}>{body}</p>;
  return <p className="muted">{days === null ? 'Text deleted.' : `Text deleted after ${days} days.`}</p>;
}
