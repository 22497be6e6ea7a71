'use client';

import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { problemOf, sayProblem, useTRPC } from '@/components/data';
import { MaskedKey } from '@/components/members/columns';
import memberStyles from '@/components/members/members.module.css';
import { useMemberActions } from '@/components/members/useMemberActions';
import { useShell } from '@/components/layout/useShell';
import { DataTable } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { Instant } from '@/components/ui/Instant';
import { Bone, Card, Empty, Facts, Late, Status } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import type { MemberView } from '@/components/members/member';
import { KEY_STATUS_LABELS } from './labels';

/** Shows the member's current API key and all earlier ones with their expiry. */
export function KeyTab({ member }: { member: MemberView }) {
  const { me } = useShell();
  const act = useMemberActions();
  return (
    <div className={memberStyles.stack}>
      <Card title="Current key">
        <Facts
          of={[
            ['Key', <MaskedKey key="key" apiKey={member.apiKey} />],
            ['Created', member.apiKey ? <Instant key="made" at={member.apiKey.createdAt} /> : '–'],
            [
              'Last used',
              member.apiKey?.lastUsedAt ? <Instant key="used" at={member.apiKey.lastUsedAt} dateOnly /> : 'Never',
            ],
          ]}
        />
        {member.status !== 'deleted' && (
          <div className={memberStyles.money} style={{ margin: '0.75rem 0 0' }}>
            {me.role === 'owner' && member.apiKey && (
              <Button size="xs" variant="default" onClick={() => act.reveal(member)}>
                Reveal key
              </Button>
            )}
            <Button size="xs" variant="default" onClick={() => act.rotate(member)}>
              {member.apiKey ? 'Rotate key' : 'Create API key'}
            </Button>
          </div>
        )}
      </Card>
      <AllKeys member={member} />
    </div>
  );
}

const TONES = { current: 'ok', expiring: 'warn', ended: 'off' } as const;

function AllKeys({ member }: { member: MemberView }) {
  const trpc = useTRPC();
  const list = useQuery(trpc.keys.listKeys.queryOptions({ memberId: member.id, limit: 100 }));
  const end = useMutation(
    trpc.keys.endKey.mutationOptions({
      onSuccess: () => toast({ message: 'Old key ended. It no longer works.' }),
      onError: (error) => toast({ message: sayProblem(error), tone: 'bad' }),
    }),
  );
  if (list.isError) return <Failed problem={problemOf(list.error)} onRetry={() => void list.refetch()} />;
  if (!list.data) {
    return (
      <Late>
        <Bone />
      </Late>
    );
  }
  if (list.data.data.length === 0) return <Empty title="No key yet">Create an API key to start.</Empty>;
  return (
    <DataTable
      label="Keys"
      rows={list.data.data}
      idOf={(key) => key.id}
      nameOf={(key) => `key …${key.last4}`}
      columns={[
        {
          id: 'key',
          header: 'Key',
          main: true,
          cell: (key) => (
            <code>
              {key.prefix}…{key.last4}
            </code>
          ),
        },
        {
          id: 'status',
          header: 'Status',
          cell: (key) => <Status tone={TONES[key.status]}>{KEY_STATUS_LABELS[key.status]}</Status>,
        },
        { id: 'created', header: 'Created', cell: (key) => <Instant at={key.createdAt} /> },
        {
          id: 'ends',
          header: 'Expires',
          cell: (key) => ((key.endedAt ?? key.expiresAt) ? <Instant at={(key.endedAt ?? key.expiresAt)!} /> : '–'),
        },
      ]}
      actions={(key) =>
        key.status === 'expiring' ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={end.isPending && end.variables.keyId === key.id}
            onClick={() => end.mutate({ keyId: key.id })}
            aria-label={`End key …${key.last4} now`}
          >
            End now
          </Button>
        ) : null
      }
    />
  );
}
