'use client';

import { useQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { ruleInWords, stateInWords } from '@/components/auto-recharge/labels';
import { RefusedSends } from '@/components/refusals/RefusedSends';
import { useShell } from '@/components/layout/useShell';
import { toMicros } from '@/server/domain/core/money';
import { toUnits } from '@/components/ui/money/format';
import { CopyIconButton } from '@/components/ui/Copy';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Bars, Bone, Card, Facts } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { MaskedKey } from './columns';
import styles from './members.module.css';
import type { MemberView } from './member';

/** Summarizes a member: contact, sign-in, rule, and usage of the last 30 days. */
export function MemberSummary({ member }: { member: MemberView }) {
  const { me, team } = useShell();
  const { currency } = team;
  const { locale } = useLocale();
  return (
    <div className={styles.columns}>
      <Card title="About">
        <Facts
          of={[
            [
              'Email',
              member.emailGenerated ? (
                <span key="email" className="muted">
                  {member.email} (generated)
                </span>
              ) : (
                member.email
              ),
            ],
            ['Sign-in', member.signsIn ? 'Email and password' : 'None (API key only)'],
            ['API key', <MaskedKey key="key" apiKey={member.apiKey} />],
            [
              'Key last used',
              member.apiKey?.lastUsedAt ? <Instant key="used" at={member.apiKey.lastUsedAt} dateOnly /> : 'Never',
            ],
            [
              'Auto-recharge',
              member.recharge
                ? `${ruleInWords(member.recharge, currency, locale)} (${stateInWords(member.recharge)})`
                : 'None',
            ],
            ...(me.role === 'owner' ? notesOf(member) : []),
            [
              'ID',
              <span key="id">
                <code>{member.id}</code> <CopyIconButton text={member.id} label="Copy ID" />
              </span>,
            ],
            ['Created', <Instant key="created" at={member.createdAt} />],
            ...(member.restorableUntil
              ? [['Restorable until', <Instant key="until" at={member.restorableUntil} />] as [string, React.ReactNode]]
              : []),
          ]}
        />
      </Card>
      <div className={styles.stack}>
        <Usage memberId={member.id} />
        <RefusedSends memberId={member.id} />
      </div>
    </div>
  );
}

/** Returns the fields that only owners see. */
const notesOf = ({ externalId, metadata }: MemberView): [string, string][] => [
  ['External ID', externalId ?? '–'],
  ...Object.entries(metadata).map(([name, value]): [string, string] => [`Metadata: ${name}`, value]),
];

function Usage({ memberId }: { memberId: string }) {
  const { currency } = useShell().team;
  const usage = useQuery(useTRPC().reports.getUsage.queryOptions({ memberId })).data;
  return (
    <Card title="Last 30 days (UTC)">
      {usage ? (
        <>
          <Facts
            of={[
              ['Messages', usage.total.messages.toLocaleString('en')],
              ['Delivered', usage.total.delivered.toLocaleString('en')],
              ['Failed', usage.total.failed.toLocaleString('en')],
              ['Cost', <Money key="cost" amount={toMicros(usage.total.cost)} currency={currency} />],
            ]}
          />
          <div style={{ marginTop: '0.75rem' }}>
            <Bars label="Daily cost" height="3rem" values={usage.data.map((day) => toUnits(toMicros(day.cost)))} />
          </div>
        </>
      ) : (
        <Bone />
      )}
    </Card>
  );
}
