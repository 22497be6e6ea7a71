'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useQueries } from '@tanstack/react-query';
import { toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { useShell } from '@/components/layout/useShell';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import type { Accepted, Preview } from './useSend';
import { MessageState, whyNot } from './labels';

/** The number of messages that are updated here; the log shows all. */
const FOLLOWED = 10;

/** A stable reference: a new function would move the focus on every update. */
const focusOnce = (line: HTMLElement | null) => line?.focus();

type Props = { messages: Accepted[]; left: Preview['rows']; onClose: () => void };

/** Shows the status of a send by recipient. */
export function SentMessages({ messages, left, onClose }: Props) {
  const { team } = useShell();
  const { locale } = useLocale();
  const trpc = useTRPC();
  const followed = useQueries({
    queries: messages.slice(0, FOLLOWED).map(({ id }) => trpc.messages.getMessage.queryOptions({ messageId: id })),
  });
  const newest = messages.map((message, i) => followed[i]?.data ?? message);
  const costs = newest.map(({ cost }) => toMicros(cost));
  const decimals = decimalsOf(costs, team.currency);
  const number = (value: number) => value.toLocaleString(locale);
  return (
    <FormStack>
      <p role="status" tabIndex={-1} ref={focusOnce}>
        <strong>{messages.length === 1 ? 'Message accepted.' : `${number(messages.length)} messages accepted.`}</strong>
        {left.length > 0 && ` ${number(left.length)} skipped.`}
      </p>
      <div className={styles.recipients}>
        <table aria-label="Sent">
          <tbody>
            {left.map(({ to, error }) => (
              <tr key={to}>
                <th scope="row">{to}</th>
                <td colSpan={2} data-bad>
                  Not sent. {whyNot(error?.code ?? '')}
                </td>
              </tr>
            ))}
            {messages.map((message, i) => {
              const now = newest[i]!;
              return (
                <tr key={message.id}>
                  <th scope="row">
                    <Link href={`/${team.slug}/messages?open=${message.id}`} prefetch={false} onClick={onClose}>
                      {message.to}
                    </Link>
                  </th>
                  <td>
                    <MessageState status={now.status} error={now.error} />
                  </td>
                  <td>
                    <Money amount={costs[i]!} currency={team.currency} decimals={decimals} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <FormFoot>
        <Button onClick={onClose}>Done</Button>
      </FormFoot>
    </FormStack>
  );
}
