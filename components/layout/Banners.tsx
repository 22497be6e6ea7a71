'use client';

import { Button } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { sayProblem, useTRPC } from '@/components/data';
import { Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useShell } from './useShell';
import styles from './layout.module.css';

/** Shows what applies to every page of the team: no network, a suspended team, an owner role to take back. */
export function Banners() {
  const { team, me } = useShell();
  const { online } = useNetwork();
  return (
    <div className={styles.banners}>
      {!online && (
        <Note tone="warn" alert>
          You’re offline. Data may be out of date; changes will be sent when you reconnect.
        </Note>
      )}
      {team.status === 'suspended' && (
        <Note tone="warn">This team is suspended. You can view data, but not send or change anything.</Note>
      )}
      {me.canTakeBack && <TakeBack memberId={me.memberId} />}
    </div>
  );
}

function TakeBack({ memberId }: { memberId: string }) {
  const router = useRouter();
  const takeBack = useMutation(
    useTRPC().members.setRole.mutationOptions({
      onSuccess: () => {
        toast({ message: 'You’re an owner again.' });
        router.refresh();
      },
      onError: (error) => toast({ message: sayProblem(error), tone: 'bad' }),
    }),
  );
  return (
    <Note
      tone="warn"
      action={
        <Button size="xs" loading={takeBack.isPending} onClick={() => takeBack.mutate({ memberId, role: 'owner' })}>
          Take the role back
        </Button>
      }
    >
      You made yourself a member, and this team has no owner. Members can still send, but nobody can manage the team
      until you take the role back.
    </Note>
  );
}
