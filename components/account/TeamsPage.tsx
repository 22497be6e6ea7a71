'use client';

import { ActionIcon, Button } from '@mantine/core';
import { useSuspenseQuery } from '@tanstack/react-query';
import { UserRound, UserRoundCog } from 'lucide-react';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { DataTable } from '@/components/ui/DataTable';
import { useDialogs } from '@/components/ui/dialogs';
import { Hint } from '@/components/ui/Hint';
import { Empty, PageHead, Status } from '@/components/ui/pieces';
import styles from '@/components/members/members.module.css';
import type { OwnMembership } from './membership';

/** Every team of the person, its role there, and the little person that switches the role and switches it back. */
export function TeamsPage() {
  const seats = useSuspenseQuery(useTRPC().account.listMemberships.queryOptions()).data;
  return (
    <>
      <PageHead title="Teams" />
      {seats.length === 0 ? (
        <Empty title="No team yet">Once somebody gives you a seat in a team, it appears here.</Empty>
      ) : (
        <DataTable
          label="Your teams"
          rows={seats}
          idOf={(seat) => seat.member.id}
          nameOf={(seat) => seat.team.name}
          columns={[
            {
              id: 'team',
              header: 'Team',
              main: true,
              cell: ({ team }) => (
                <Link href={`/${team.slug}`} prefetch={false}>
                  {team.name}
                </Link>
              ),
            },
            { id: 'name', header: 'Your name there', wide: true, cell: ({ member }) => member.name },
            { id: 'role', header: 'Role', cell: (seat) => <OwnRole seat={seat} /> },
            {
              id: 'status',
              header: 'Status',
              cell: ({ member }) => <Status tone={member.status === 'active' ? 'ok' : 'off'}>{member.status}</Status>,
            },
          ]}
          actions={(seat) => <Leave seat={seat} />}
        />
      )}
    </>
  );
}

function Leave({ seat }: { seat: OwnMembership }) {
  const open = useDialogs();
  const title = `Leave ${seat.team.name}`;
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      color="gray"
      aria-label={title}
      onClick={() =>
        open({
          title,
          body: async (onClose) => {
            const { LeaveTeam } = await import('./LeaveTeam');
            return <LeaveTeam seat={seat} onClose={onClose} />;
          },
        })
      }
    >
      Leave…
    </Button>
  );
}

function OwnRole({ seat }: { seat: OwnMembership }) {
  const open = useDialogs();
  const { member, team, canTakeBack } = seat;
  const isOwner = member.role === 'owner';
  const label = isOwner ? `Become a member of ${team.name}` : `Become an owner of ${team.name} again`;
  const Icon = isOwner ? UserRoundCog : UserRound;
  const maySwitch = member.status === 'active' && (isOwner || canTakeBack);
  return (
    <span className={styles.role}>
      <Hint text={maySwitch ? label : 'Only an owner of the team can change this role.'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={label}
          disabled={!maySwitch}
          onClick={() =>
            open({
              title: isOwner ? `Become a member of ${team.name}` : `Take the owner’s role of ${team.name} back`,
              body: async (onClose) => {
                const { SwitchOwnRole } = await import('./SwitchOwnRole');
                return <SwitchOwnRole seat={seat} onClose={onClose} />;
              },
            })
          }
        >
          <Icon size={14} aria-hidden />
        </ActionIcon>
      </Hint>
      {member.role}
      {canTakeBack && <span className="muted"> – this team has no owner</span>}
    </span>
  );
}
