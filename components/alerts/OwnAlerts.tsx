'use client';

import { Switch } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { useState } from 'react';
import { sayProblem, useTRPC } from '@/components/data';
import { Card, Empty, PageHead } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import styles from './alerts.module.css';

type OwnAlertsOf = inferOutput<ReturnType<typeof useTRPC>['account']['listAlerts']>[number];
type Kind = OwnAlertsOf['alerts'][number]['kind'];

const WORDS: Record<OwnAlertsOf['role'], Partial<Record<Kind, [name: string, when: string]>>> = {
  owner: {
    'team-balance': ['Master balance', 'When it falls below what the team calls low.'],
    'member-balance': ['Members’ balances', 'When one falls below what the team calls low.'],
    recharge: ['Recharges', 'When one cannot be paid and waits, and when it is paid at last.'],
    'mail-failed': ['Failed mails', 'When one to a member or an invited person does not arrive.'],
  },
  member: {
    'member-balance': ['Balance', 'When yours falls below what the team calls low.'],
    recharge: ['Recharges', 'When yours cannot be paid and waits, and when it is paid at last.'],
  },
};

/** What a person is told of by mail, in each team of his. */
export function OwnAlerts() {
  const teams = useSuspenseQuery(useTRPC().account.listAlerts.queryOptions()).data;
  return (
    <>
      <PageHead title="Alerts" />
      <p className={`muted ${styles.lead}`}>
        What you are told by mail, once each time it happens. The overview shows it in any case.
      </p>
      {teams.length === 0 && <Empty title="No team yet">Once you have a seat in a team, its alerts appear here.</Empty>}
      <div className={styles.stack}>
        {teams.map((team) => (
          <Card key={team.memberId} title={team.team.name}>
            <ul className={styles.list}>
              {team.alerts.map(({ kind, on }) => (
                <AlertSwitch key={kind} memberId={team.memberId} role={team.role} kind={kind} on={on} />
              ))}
            </ul>
          </Card>
        ))}
      </div>
    </>
  );
}

type SwitchProps = { memberId: string; role: OwnAlertsOf['role']; kind: Kind; on: boolean };

function AlertSwitch({ memberId, role, kind, on }: SwitchProps) {
  const set = useMutation(
    useTRPC().account.setAlerts.mutationOptions({
      onError: (error) => toast({ message: sayProblem(error), tone: 'bad' }),
    }),
  );
  const [name, when] = WORDS[role][kind] ?? [kind, ''];
  // The mutation reports that it is pending one task later; until then the switch would jump back under the pointer.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const choose = (next: boolean) => {
    setWanted(next);
    set.mutate({ memberId, kind, on: next }, { onSettled: () => setWanted(null) });
  };
  return (
    <li>
      <Switch
        label={name}
        description={when}
        checked={wanted ?? on}
        onChange={(event) => choose(event.currentTarget.checked)}
      />
    </li>
  );
}
