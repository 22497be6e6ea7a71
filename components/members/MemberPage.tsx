'use client';

import { Button, Tabs } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { RechargeMark } from '@/components/auto-recharge/RechargeMark';
// Forms are not loaded lazily: text typed before their code arrives would be lost.
import { RechargeTab } from '@/components/auto-recharge/RechargeTab';
import { useShell } from '@/components/layout/useShell';
import { Money } from '@/components/ui/money/Money';
import { Bone, Late, Note, PageHead } from '@/components/ui/pieces';
import { BalanceCell } from './BalanceCell';
import { MemberStatus } from './columns';
import { MemberSummary } from './MemberOverview';
import { ROLE_LABELS } from './labels';
import { MemberSettings } from './MemberSettings';
import styles from './members.module.css';
import { RoleIcon } from './RoleIcon';
import { tabOf } from './tabs';
import { useMemberActions } from './useMemberActions';
import type { MemberView } from './member';

const loading = () => (
  <Late>
    <Bone width="80%" />
  </Late>
);
const MessageLog = dynamic(() => import('@/components/messages/MessageLog').then((file) => file.MessageLog), {
  loading,
});
const MemberTransfers = dynamic(() => import('./MemberTransfers').then((file) => file.MemberTransfers), { loading });
const StatisticsView = dynamic(
  () => import('@/components/statistics/StatisticsView').then((file) => file.StatisticsView),
  { loading },
);
const KeyTab = dynamic(() => import('@/components/api-keys/KeyTab').then((file) => file.KeyTab), { loading });
const MemberAudit = dynamic(() => import('./MemberAudit').then((file) => file.MemberAudit), { loading });

/** The page of one member: any member for owners, their own for members. */
export function MemberPage({ memberId }: { memberId: string }) {
  const { me } = useShell();
  const member = useSuspenseQuery(useTRPC().members.getMemberRow.queryOptions({ memberId })).data;
  const [tab, setTab] = useQueryState('tab', tabOf);
  const owner = me.role === 'owner';
  const tabs: [string, string, ReactNode][] = [
    ['overview', 'Overview', <MemberSummary key="o" member={member} />],
    ['messages', 'Messages', <MessageLog key="m" member={member.id} />],
    ['transfers', 'Transfers', <MemberTransfers key="t" member={member} />],
    ['statistics', 'Statistics', <StatisticsView key="s" onlyMemberId={member.id} />],
    ['recharge', 'Auto-recharge', <RechargeTab key="r" member={member} />],
    ['key', 'API key', <KeyTab key="k" member={member} />],
  ];
  if (owner) tabs.push(['audit', 'Audit', <MemberAudit key="a" member={member} />]);
  if (owner && member.status !== 'deleted')
    tabs.push(['settings', 'Settings', <MemberSettings key="s" member={member} />]);
  const shown = tabs.some(([id]) => id === tab) ? tab : 'overview';
  return (
    <>
      <MemberHead member={member} />
      <Tabs value={shown} onChange={(next) => void setTab(next as typeof tab)} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(([id, label]) => (
            <Tabs.Tab key={id} value={id}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(([id, , content]) => (
          <Tabs.Panel key={id} value={id}>
            {content}
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

function MemberHead({ member }: { member: MemberView }) {
  const { team, me } = useShell();
  const act = useMemberActions();
  const owner = me.role === 'owner';
  const isLive = member.status !== 'deleted';
  return (
    <>
      {owner && (
        <nav aria-label="Breadcrumb" className="muted">
          <Link href={`/${team.slug}/members`} prefetch={false}>
            Members
          </Link>{' '}
          /
        </nav>
      )}
      <PageHead title={member.name}>
        <MemberStatus status={member.status} />
        {owner ? <RoleIcon member={member} /> : <span>{ROLE_LABELS[member.role]}</span>}
      </PageHead>
      {!isLive && (
        <div className={styles.gap}>
          <Note
            action={
              owner && (
                <Button size="xs" variant="default" onClick={() => act.restore(member)}>
                  Restore
                </Button>
              )
            }
          >
            This member is deleted. Its balance was returned to the master balance; its log and transfers are kept.
          </Note>
        </div>
      )}
      <div className={`${styles.money} ${styles.gap}`}>
        <span className={styles.big}>
          <BalanceCell balance={member.balance} currency={team.currency}>
            {member.recharge && <RechargeMark rule={member.recharge} currency={team.currency} />}
          </BalanceCell>
        </span>
        {owner && isLive && (
          <>
            <Button size="xs" onClick={() => act.credit(member)}>
              Credit
            </Button>
            <Button size="xs" variant="default" onClick={() => act.debit(member)}>
              Debit
            </Button>
          </>
        )}
        {member.role === 'owner' && (
          <span className="muted">
            Owners send from the master balance
            {team.masterBalance !== null && (
              <>
                {' '}
                (<Money amount={toMicros(team.masterBalance)} currency={team.currency} />)
              </>
            )}
            . This balance isn’t used.
          </span>
        )}
      </div>
    </>
  );
}
