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
import { ROLE_LABELS, STATUS_LABELS } from '@/components/members/labels';
import styles from '@/components/members/members.module.css';
import type { OwnMembership } from './membership';

/** Lists the user's teams, with the icon that switches the role in each. */
export function TeamsPage() {
  const memberships = useSuspenseQuery(useTRPC().account.listMemberships.queryOptions()).data;
  return (
    <>
      <PageHead title="Teams" />
      {memberships.length === 0 ? (
        <Empty title="No team yet">Teams you join appear here.</Empty>
      ) : (
        <DataTable
          label="Your teams"
          rows={memberships}
          idOf={(membership) => membership.member.id}
          nameOf={(membership) => membership.team.name}
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
            { id: 'role', header: 'Role', cell: (membership) => <OwnRole membership={membership} /> },
            {
              id: 'status',
              header: 'Status',
              cell: ({ member }) => (
                <Status tone={member.status === 'active' ? 'ok' : 'off'}>{STATUS_LABELS[member.status]}</Status>
              ),
            },
          ]}
          actions={(membership) => <Leave membership={membership} />}
        />
      )}
    </>
  );
}

function Leave({ membership }: { membership: OwnMembership }) {
  const open = useDialogs();
  const title = `Leave ${membership.team.name}`;
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
            return <LeaveTeam membership={membership} onClose={onClose} />;
          },
        })
      }
    >
      Leave…
    </Button>
  );
}

function OwnRole({ membership }: { membership: OwnMembership }) {
  const open = useDialogs();
  const { member, team, canTakeBack } = membership;
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
              title: isOwner ? `Become a member of ${team.name}` : `Take back the owner role in ${team.name}`,
              body: async (onClose) => {
                const { SwitchOwnRole } = await import('./SwitchOwnRole');
                return <SwitchOwnRole membership={membership} onClose={onClose} />;
              },
            })
          }
        >
          <Icon size={14} aria-hidden />
        </ActionIcon>
      </Hint>
      {ROLE_LABELS[member.role]}
      {canTakeBack && <span className="muted"> – this team has no owner</span>}
    </span>
  );
}
