'use client';

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { toMicros } from '@/server/domain/core/money';
import { problemOf, useTRPC } from '@/components/data';
import memberStyles from '@/components/members/members.module.css';
import { useShell } from '@/components/layout/useShell';
import { ShowMore } from '@/components/ui/ShowMore';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { Instant } from '@/components/ui/Instant';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Bone, Card, Empty, Late, Status } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { RuleForm } from './RuleDialog';
import { OUTCOME_LABELS, ruleInWords, stateInWords } from './labels';
import type { MemberView } from '@/components/members/member';

/** Shows a member's auto-recharge rule and its history. */
export function RechargeTab({ member }: { member: MemberView }) {
  const { me, team } = useShell();
  const { locale } = useLocale();
  const mayWrite = me.role === 'owner' && member.status !== 'deleted';
  return (
    <div className={memberStyles.stack} style={{ maxWidth: 'none' }}>
      <Card title="Auto-recharge rule">
        {mayWrite ? (
          <RuleForm member={member} />
        ) : member.recharge ? (
          <p>
            Auto-recharge {ruleInWords(member.recharge, team.currency, locale)} ({stateInWords(member.recharge)}).
          </p>
        ) : (
          <p className="muted">No auto-recharge rule. An owner can add one.</p>
        )}
        {member.recharge && (
          <p className="muted" style={{ marginTop: '0.75rem' }}>
            Recharged {member.recharge.cap?.period === 'month' ? 'this month' : 'today'} (UTC):{' '}
            <Money amount={toMicros(member.recharge.spentInPeriod)} currency={team.currency} />
            {member.recharge.lastFiredAt && (
              <>
                , last <Instant at={member.recharge.lastFiredAt} />
              </>
            )}
            .
          </p>
        )}
      </Card>
      <History member={member} />
    </div>
  );
}

type Event = inferOutput<ReturnType<typeof useTRPC>['recharge']['listRechargeEvents']>['data'][number];

function eventColumns(rows: Event[], currency: string): Column<Event>[] {
  const amounts = rows.map(({ amount }) => toMicros(amount));
  const decimals = decimalsOf(amounts, currency);
  return [
    { id: 'at', header: 'When', main: true, cell: (event) => <Instant at={event.lastAt} /> },
    {
      id: 'outcome',
      header: 'Outcome',
      cell: (event) => (
        <Status tone={event.outcome === 'fired' ? 'ok' : 'warn'}>
          {OUTCOME_LABELS[event.outcome]}
          {event.count > 1 && ` ×${event.count}`}
        </Status>
      ),
    },
    { id: 'why', header: 'Details', prose: true, cell: (event) => event.detail },
    {
      id: 'before',
      header: 'Balance',
      right: true,
      cell: (event) => <Money amount={toMicros(event.balanceBefore)} currency={currency} />,
    },
    {
      id: 'amount',
      header: 'Amount',
      right: true,
      cell: (event) =>
        event.outcome === 'fired' ? (
          <Money amount={toMicros(event.amount)} currency={currency} decimals={decimals} isSigned />
        ) : (
          <span className="muted">
            needed <Money amount={toMicros(event.amount)} currency={currency} decimals={decimals} />
          </span>
        ),
    },
  ];
}

function History({ member }: { member: MemberView }) {
  const { currency } = useShell().team;
  const list = useInfiniteQuery(
    useTRPC().recharge.listRechargeEvents.infiniteQueryOptions(
      { memberId: member.id, limit: 25 },
      { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
    ),
  );
  if (list.isError) return <Failed problem={problemOf(list.error)} onRetry={() => void list.refetch()} />;
  if (!list.data) {
    return (
      <Late>
        <Bone />
      </Late>
    );
  }
  const rows = list.data.pages.flatMap((page) => page.data);
  if (rows.length === 0) {
    return <Empty title="No recharges yet">Recharges and blocked recharges appear here.</Empty>;
  }
  return (
    <>
      <DataTable
        label="Auto-recharge history"
        rows={rows}
        idOf={(event) => event.id}
        nameOf={(event) => event.detail}
        columns={eventColumns(rows, currency)}
      />
      <ShowMore list={list} shown={rows.length} />
    </>
  );
}
