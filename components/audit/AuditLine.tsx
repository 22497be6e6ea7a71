'use client';

import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import type { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import styles from './audit.module.css';
import { actionLabel, findAmount } from './labels';

export type AuditEvent = inferOutput<ReturnType<typeof useTRPC>['audit']['listAuditEvents']>['data'][number];

/** Renders an action as the sentence that follows the actor's name. */
export function AuditAction({ event }: { event: AuditEvent }) {
  const { slug, currency } = useShell().team;
  const after = event.after ?? {};
  const amount = findAmount(after['amount'] ?? after['returned'] ?? after['cost']);
  return actionLabel(event.action)({
    after,
    amount: amount === null ? 'an amount' : <Money amount={amount} currency={currency} decimals="all" />,
    before: event.before ?? {},
    member:
      event.targetType === 'member' ? (
        <Link href={`/${slug}/members/${event.targetId}`} prefetch={false}>
          {event.targetName ?? 'a member'}
        </Link>
      ) : null,
  });
}

/** One audit event as a sentence with its time. */
export const AuditLine = ({ event }: { event: AuditEvent }) => (
  <p className={styles.line}>
    <span>
      <strong>{event.actor.name}</strong> <AuditAction event={event} />
    </span>
    <span className="muted">
      <Instant at={event.at} />
    </span>
  </p>
);
