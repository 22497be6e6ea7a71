'use client';

import { Switch } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sayProblem, useTRPC } from '@/components/data';
import { Card, Empty, PageHead } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import styles from './alerts.module.css';
import { ALERT_LABELS, type AlertKind, type TeamAlerts } from './labels';

/** Lets users choose the email alerts they receive, per team. */
export function OwnAlerts() {
  const teams = useSuspenseQuery(useTRPC().account.listAlerts.queryOptions()).data;
  return (
    <>
      <PageHead title="Alerts" />
      <p className={`muted ${styles.lead}`}>
        Choose which alerts are emailed to you, once each time. The overview always shows them.
      </p>
      {teams.length === 0 && <Empty title="No team yet">Alerts appear here once you join a team.</Empty>}
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

type SwitchProps = { memberId: string; role: TeamAlerts['role']; kind: AlertKind; on: boolean };

function AlertSwitch({ memberId, role, kind, on }: SwitchProps) {
  const set = useMutation(
    useTRPC().account.setAlerts.mutationOptions({
      onError: (error) => toast({ message: sayProblem(error), tone: 'bad' }),
    }),
  );
  const [name, when] = ALERT_LABELS[role][kind] ?? [kind, ''];
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
