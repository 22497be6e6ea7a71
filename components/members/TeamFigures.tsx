'use client';

import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { useDialogs } from '@/components/ui/dialogs';
import { Money } from '@/components/ui/money/Money';
import { Bars, Bone, Figure, Figures, Status } from '@/components/ui/pieces';
import { toUnits } from '@/components/ui/money/format';

/** The key figures of the team: master balance, members, usage and blocked recharges. */
export function TeamFigures() {
  const trpc = useTRPC();
  const { currency } = useShell().team;
  const team = useQuery(trpc.team.getTeam.queryOptions()).data;
  const usage = useQuery(trpc.reports.getUsage.queryOptions({})).data;
  const days = usage?.data ?? [];
  return (
    <Figures>
      <MasterFigure />
      <Figure
        label="Members"
        main={team ? `${team.members.active.toLocaleString('en')} active` : <Bone width="4rem" />}
        note={team ? `${team.members.inactive.toLocaleString('en')} inactive` : <Bone />}
      />
      <Figure
        label="Last 30 days (UTC)"
        main={usage ? `${usage.total.messages.toLocaleString('en')} messages` : <Bone width="8rem" />}
        note={
          usage ? (
            <>
              <Money amount={toMicros(usage.total.cost)} currency={currency} />
              <Bars label="Daily cost" values={days.map((day) => toUnits(toMicros(day.cost)))} />
            </>
          ) : (
            <Bone />
          )
        }
      />
      <WaitingFigure />
    </Figures>
  );
}

/** The master balance and how long it lasts at the current spend. */
export function MasterFigure() {
  const { team } = useShell();
  const isLow =
    team.lowBalance !== null && team.masterBalance !== null && toMicros(team.masterBalance) < toMicros(team.lowBalance);
  const known = useQuery(useTRPC().team.getTeam.queryOptions()).data;
  return (
    <Figure
      label="Master balance"
      main={
        <>
          <Money amount={toMicros(team.masterBalance ?? '0.00')} currency={team.currency} />
          <FundButton />
        </>
      }
      note={
        known ? (
          <>
            {isLow && <Status tone="warn">Low</Status>}
            {isLow && known.burnPerDay !== null && ' · '}
            <Burn burnPerDay={known.burnPerDay} runwayDays={known.runwayDays} />
          </>
        ) : (
          <Bone />
        )
      }
    />
  );
}

/** The number of blocked recharges, with a link to their members. */
export function WaitingFigure() {
  const { team, waitingRecharges } = useShell();
  return (
    <Figure
      label="Auto-recharge"
      main={`${waitingRecharges} blocked`}
      note={
        waitingRecharges > 0 ? (
          <Link href={`/${team.slug}/members?recharge=waiting`} prefetch={false}>
            View
          </Link>
        ) : (
          'All auto-recharges are working.'
        )
      }
    />
  );
}

/** Shows the daily spend and how long the balance lasts at that rate; nothing before the first full day. */
function Burn({ burnPerDay, runwayDays }: { burnPerDay: string | null; runwayDays: number | null }) {
  const { currency } = useShell().team;
  if (burnPerDay === null) return null;
  if (runwayDays === null) return 'No spend in the last 30 days';
  const lasts = runwayDays > 730 ? 'more than two years' : `about ${runwayDays} ${runwayDays === 1 ? 'day' : 'days'}`;
  return (
    <>
      <Money amount={toMicros(burnPerDay)} currency={currency} /> per day · lasts {lasts}
    </>
  );
}

/** Funds the master balance in a demo; elsewhere the operator does. */
export function FundButton() {
  const { demo } = useShell();
  const open = useDialogs();
  if (!demo) return null;
  return (
    <Button size="compact-sm" variant="default" onClick={() => open({ title: 'Fund the master balance', body: fund })}>
      Fund
    </Button>
  );
}

const fund = async (onClose: () => void) => {
  const { FundSandbox } = await import('@/components/transfers/FundSandbox');
  return <FundSandbox onClose={onClose} />;
};
