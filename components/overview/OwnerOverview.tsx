'use client';

import { useQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import { toMicros } from '@/server/domain/core/money';
import { AuditLine } from '@/components/audit/AuditLine';
import { problemOf, useTRPC } from '@/components/data';
import { MasterFigure, WaitingFigure } from '@/components/members/TeamFigures';
import { REASON_LABELS } from '@/components/auto-recharge/labels';
import { TopRefusedSends } from '@/components/refusals/RefusedSends';
import { useShell } from '@/components/layout/useShell';
import { Failed } from '@/components/ui/Failed';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Bone, Card, Figures, Late, PageHead } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { CostChart } from './CostChart';
import styles from './overview.module.css';
import { SetupSteps } from './SetupSteps';
import { SpanFigures } from './SpanFigures';

type Overview = inferOutput<ReturnType<typeof useTRPC>['team']['getOverview']>;

/** The overview of a team: balances, spend, blocked recharges, recent activity and open setup steps. */
export function OwnerOverview() {
  const result = useQuery(useTRPC().team.getOverview.queryOptions());
  const overview = result.data;
  const days = overview?.days.map((day) => ({ ...day, cost: toMicros(day.cost) }));
  return (
    <>
      <PageHead title="Overview" />
      {result.isError && <Failed problem={problemOf(result.error)} onRetry={() => void result.refetch()} />}
      <div className={styles.stack}>
        {overview && <SetupSteps setup={overview.setup} />}
        <Figures>
          <MasterFigure />
          <SpanFigures days={days} />
          <WaitingFigure />
        </Figures>
        {overview && days && (
          <>
            <CostChart days={days} />
            <div className={styles.columns}>
              <div className={styles.stack}>
                <DownCarriers carriers={overview.carriers} />
                <Waiting waiting={overview.waiting} />
                <Low low={overview.alerts.low} />
                <TopRefusedSends refusals={overview.refusals} />
                <LostMails mails={overview.alerts.lostMails} />
                <Spenders spenders={overview.spenders} />
              </div>
              <Recent recent={overview.recent} />
            </div>
          </>
        )}
        {result.isPending && (
          <Late>
            <Bone width="100%" />
          </Late>
        )}
      </div>
    </>
  );
}

function Spenders({ spenders }: Pick<Overview, 'spenders'>) {
  const { locale } = useLocale();
  const { currency } = useShell().team;
  return (
    <Card title="Top spenders, last 30 days">
      {spenders.length === 0 ? (
        <p className="muted">No spend in the last 30 days</p>
      ) : (
        <ol className={styles.list}>
          {spenders.map(({ memberId, name, messages, cost }) => (
            <li key={memberId}>
              <Member id={memberId} name={name} />
              <span className="muted tabular">
                {messages.toLocaleString(locale)} {messages === 1 ? 'message' : 'messages'}
              </span>
              <Money amount={toMicros(cost)} currency={currency} strong />
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function DownCarriers({ carriers }: Pick<Overview, 'carriers'>) {
  const { locale } = useLocale();
  if (carriers.length === 0) return null;
  return (
    <Card title="Carriers that are down">
      <ul className={styles.list}>
        {carriers.map(({ name, detail, since, waiting }) => (
          <li key={name}>
            <span className={styles.name} title={detail ?? undefined}>
              {name}
            </span>
            <span className="muted">
              Since <Instant at={since} />
            </span>
            <strong>
              {waiting.toLocaleString(locale)} {waiting === 1 ? 'message waits' : 'messages wait'}
            </strong>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Waiting({ waiting }: Pick<Overview, 'waiting'>) {
  const { waitingRecharges, team } = useShell();
  if (waiting.length === 0) return null;
  return (
    <Card title="Blocked recharges">
      <ul className={styles.list}>
        {waiting.map(({ memberId, name, reason, since, balance }) => (
          <li key={memberId}>
            <Member id={memberId} name={name} to="?tab=recharge" />
            <span className="muted">
              {sentenceCase(REASON_LABELS[reason])} since <Instant at={since} />
            </span>
            <Money amount={toMicros(balance)} currency={team.currency} strong />
          </li>
        ))}
      </ul>
      {waitingRecharges > waiting.length && (
        <p className={styles.more}>
          <Link href={`/${team.slug}/members?recharge=waiting`} prefetch={false}>
            View all {waitingRecharges}
          </Link>
        </p>
      )}
    </Card>
  );
}

function Low({ low }: { low: Overview['alerts']['low'] }) {
  const { locale } = useLocale();
  const { currency } = useShell().team;
  if (low.below === null) return null;
  return (
    <Card title="Low balances">
      <p className={`muted ${styles.lead}`}>
        {low.count.toLocaleString(locale)} {low.count === 1 ? 'member is' : 'members are'} below{' '}
        <Money amount={toMicros(low.below)} currency={currency} decimals="all" />
        {low.count > low.members.length && `; showing the ${low.members.length} lowest for longest`}.
      </p>
      <ul className={styles.list}>
        {low.members.map(({ memberId, name, balance, since }) => (
          <li key={memberId}>
            <Member id={memberId} name={name} />
            <span className="muted">
              Since <Instant at={since} />
            </span>
            <Money amount={toMicros(balance)} currency={currency} strong />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function LostMails({ mails }: { mails: Overview['alerts']['lostMails'] }) {
  if (mails.length === 0) return null;
  return (
    <Card title="Undelivered emails">
      <ul className={styles.list}>
        {mails.map(({ address, why, at }) => (
          <li key={address}>
            <span className={styles.name} title={address}>
              {address}
            </span>
            <span className="muted">
              {why ? `${why} – ` : ''}
              <Instant at={at} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const Recent = ({ recent }: Pick<Overview, 'recent'>) => (
  <Card title="Recent activity">
    {recent.length === 0 ? (
      <p className="muted">No activity yet</p>
    ) : (
      <ul className={styles.lines}>
        {recent.map((event) => (
          <li key={event.id}>
            <AuditLine event={event} />
          </li>
        ))}
      </ul>
    )}
  </Card>
);

const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function Member({ id, name, to = '' }: { id: string; name: string; to?: string }) {
  const { slug } = useShell().team;
  return (
    <Link href={`/${slug}/members/${id}${to}`} prefetch={false} className={styles.name}>
      {name}
    </Link>
  );
}
