'use client';

import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { problemOf, useTRPC } from '@/components/data';
import { SendCurl } from '@/components/api-keys/SendCurl';
import { MaskedKey } from '@/components/members/columns';
import { useMemberActions } from '@/components/members/useMemberActions';
import { MessageState } from '@/components/messages/labels';
import { ruleInWords, stateInWords } from '@/components/auto-recharge/labels';
import { RefusedSends } from '@/components/refusals/RefusedSends';
import { useShell } from '@/components/layout/useShell';
import { DataTable } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { toMicros } from '@/server/domain/core/money';
import { decimalsOf } from '@/components/ui/money/format';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Bone, Card, Empty, Figure, Figures, Late, Note, PageHead, Status } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { CostChart } from './CostChart';
import { lastDays, LAST_MESSAGES, spanQuestion } from './days';
import styles from './overview.module.css';
import { SpanFigures } from './SpanFigures';
import type { MemberView } from '@/components/members/member';

/** The overview of a member: balance, rule, API key, usage, and how to send. */
export function MemberOverview() {
  const trpc = useTRPC();
  const { me } = useShell();
  const member = useQuery(trpc.members.getMemberRow.queryOptions({ memberId: me.memberId }));
  const span = spanQuestion();
  const usage = useQuery(trpc.reports.getUsage.queryOptions(span)).data;
  const days = usage && lastDays(span.from, usage.data);
  return (
    <>
      <PageHead title="Overview" />
      {member.isError && <Failed problem={problemOf(member.error)} onRetry={() => void member.refetch()} />}
      <div className={styles.stack}>
        <Figures>
          <BalanceFigure member={member.data} />
          <SpanFigures days={days} />
        </Figures>
        {days && <CostChart days={days} />}
        <div className={styles.columns}>
          <div className={styles.stack}>
            {member.data && <HowToSend member={member.data} />}
            <RefusedSends memberId={me.memberId} />
          </div>
          <LastMessages />
        </div>
      </div>
    </>
  );
}

function BalanceFigure({ member }: { member: MemberView | undefined }) {
  const { me, team } = useShell();
  const { locale } = useLocale();
  const rule = member?.recharge;
  return (
    <Figure
      label="Balance"
      main={
        <>
          <Money amount={toMicros(member?.balance ?? me.balance)} currency={team.currency} />
          {me.isLow && <Status tone="warn">Low</Status>}
        </>
      }
      note={
        member === undefined ? (
          <Bone width="10rem" />
        ) : rule ? (
          `Auto-recharge ${ruleInWords(rule, team.currency, locale)} (${stateInWords(rule)}).`
        ) : (
          'No auto-recharge. An owner tops this up.'
        )
      }
    />
  );
}

function HowToSend({ member }: { member: MemberView }) {
  const { team } = useShell();
  const { rotate } = useMemberActions();
  return (
    <Card title="How to send">
      <div className={styles.key}>
        <span>
          Your API key: <MaskedKey apiKey={member.apiKey} />
        </span>
        <Button size="xs" variant="default" onClick={() => rotate(member)}>
          {member.apiKey ? 'Rotate key' : 'Create API key'}
        </Button>
      </div>
      <p className="muted">
        Set <code>PURSER_API_KEY</code> to your key and run this. Keys are shown only once, when created.
      </p>
      <SendCurl />
      {toMicros(member.balance) === 0n && (
        <div style={{ marginTop: '0.75rem' }}>
          <Note>
            Your balance is <Money amount={0n} currency={team.currency} />. Messages are refused until an owner adds
            credit.
          </Note>
        </div>
      )}
    </Card>
  );
}

function LastMessages() {
  const { currency, slug } = useShell().team;
  const result = useQuery(useTRPC().messages.listMessages.queryOptions(LAST_MESSAGES));
  const costs = result.data?.data.map(({ cost }) => toMicros(cost)) ?? [];
  const decimals = decimalsOf(costs, currency);
  return (
    <Card title="Recent messages">
      {result.isError && <Failed problem={problemOf(result.error)} onRetry={() => void result.refetch()} />}
      {result.isPending && (
        <Late>
          <Bone />
        </Late>
      )}
      {result.data?.data.length === 0 && <Empty title="No messages yet" />}
      {result.data && result.data.data.length > 0 && (
        <DataTable
          label="Recent messages"
          rows={result.data.data}
          idOf={({ id }) => id}
          nameOf={({ to }) => to}
          columns={[
            {
              id: 'to',
              header: 'To',
              main: true,
              cell: ({ id, to }) => (
                <Link href={`/${slug}/messages?open=${id}`} prefetch={false}>
                  {to}
                </Link>
              ),
            },
            {
              id: 'status',
              header: 'Status',
              cell: ({ status, error }) => <MessageState status={status} error={error} />,
            },
            {
              id: 'cost',
              header: 'Cost',
              right: true,
              cell: ({ cost }) => <Money amount={toMicros(cost)} currency={currency} decimals={decimals} />,
            },
            { id: 'at', header: 'When', cell: ({ createdAt }) => <Instant at={createdAt} /> },
          ]}
        />
      )}
    </Card>
  );
}
