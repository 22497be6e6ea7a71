'use client';

import { useQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import styles from '@/components/overview/overview.module.css';
import { useShell } from '@/components/layout/useShell';
import { Instant } from '@/components/ui/Instant';
import { Card, Facts } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { REFUSAL_LABELS, type RefusalReason } from './labels';

type TopRefusals = inferOutput<ReturnType<typeof useTRPC>['team']['getOverview']>['refusals'];

/** Lists the members with the most refused sends of the last 7 days; renders nothing if there are none. */
export function TopRefusedSends({ refusals }: { refusals: TopRefusals }) {
  const { slug } = useShell().team;
  const { locale } = useLocale();
  if (refusals.count === 0) return null;
  return (
    <Card title="Refused sends (7 days, UTC)">
      <ul className={styles.list}>
        {refusals.top.map(({ memberId, name, reason, count, lastAt }) => (
          <li key={`${memberId} ${reason}`}>
            <Link href={`/${slug}/members/${memberId}`} prefetch={false} className={styles.name}>
              {name}
            </Link>
            <span className="muted">
              {REFUSAL_LABELS[reason]}, last <Instant at={lastAt} />
            </span>
            <strong className="tabular">{count.toLocaleString(locale)}</strong>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Lists a member's refused sends of the last 30 days by reason; renders nothing if there are none. */
export function RefusedSends({ memberId }: { memberId: string }) {
  const { locale } = useLocale();
  const refusals = useQuery(useTRPC().reports.getRefusals.queryOptions({ memberId })).data;
  if (!refusals || refusals.total.count === 0) return null;
  const reasons = new Map<RefusalReason, { count: number; lastAt: string }>();
  for (const { reason, count, lastAt } of refusals.data) {
    const known = reasons.get(reason);
    reasons.set(reason, { count: count + (known?.count ?? 0), lastAt: known?.lastAt ?? lastAt });
  }
  return (
    <Card title="Refused sends (30 days, UTC)">
      <Facts
        of={[...reasons]
          .toSorted(([, a], [, b]) => b.count - a.count)
          .map(([reason, { count, lastAt }]): [string, React.ReactNode] => [
            REFUSAL_LABELS[reason],
            <span key={reason}>
              <span className="tabular">{count.toLocaleString(locale)}</span>{' '}
              <span className="muted">
                last <Instant at={lastAt} />
              </span>
            </span>,
          ])}
      />
    </Card>
  );
}
