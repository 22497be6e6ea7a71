'use client';

import { ActionIcon, Button } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { LogOut } from 'lucide-react';
import { sayProblem, setLeaving, useTRPC } from '@/components/data';
import { DataTable } from '@/components/ui/DataTable';
import { useDialogs } from '@/components/ui/dialogs';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Hint } from '@/components/ui/Hint';
import { Instant } from '@/components/ui/Instant';
import { PageHead, Status } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';

/** Lists the browsers in which the user is signed in; each can be signed out, or all at once. */
export function SessionsPage() {
  const trpc = useTRPC();
  const sessions = useSuspenseQuery(trpc.account.listSessions.queryOptions()).data;
  const open = useDialogs();
  const end = useMutation(
    trpc.account.endSession.mutationOptions({
      onSuccess: () => toast({ message: 'Browser signed out.' }),
      onError: (error) => toast({ message: sayProblem(error), tone: 'bad' }),
    }),
  );
  return (
    <>
      <PageHead title="Sessions">
        <Button
          variant="default"
          onClick={() =>
            open({ title: 'Sign out everywhere?', body: (close) => <SignOutEverywhere onClose={close} />, size: 'sm' })
          }
        >
          Sign out everywhere
        </Button>
      </PageHead>
      <DataTable
        label="Browsers"
        rows={sessions.toSorted((a, b) => Number(b.isThis) - Number(a.isThis))}
        idOf={({ id }) => id}
        nameOf={({ browser }) => browser}
        columns={[
          { id: 'browser', header: 'Browser', main: true, cell: ({ browser }) => browser },
          { id: 'address', header: 'Address', cell: ({ address }) => <code>{address ?? 'Unknown'}</code> },
          { id: 'since', header: 'Signed in', cell: ({ createdAt }) => <Instant at={createdAt} /> },
          {
            id: 'seen',
            header: 'Last seen',
            cell: ({ isThis, lastSeenAt }) =>
              isThis ? <Status tone="ok">This browser</Status> : <Instant at={lastSeenAt} />,
          },
        ]}
        actions={({ id, browser, isThis }) =>
          !isThis && (
            <Hint text={`Sign out ${browser}`}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Sign out ${browser}`}
                loading={end.isPending && end.variables.sessionId === id}
                onClick={() => end.mutate({ sessionId: id })}
              >
                <LogOut size={16} aria-hidden />
              </ActionIcon>
            </Hint>
          )
        }
      />
      <p className="muted" style={{ marginTop: '0.75rem' }}>
        Last seen is updated about once an hour.
      </p>
    </>
  );
}

function SignOutEverywhere({ onClose }: { onClose: () => void }) {
  const end = useMutation(
    useTRPC().account.endAllSessions.mutationOptions({
      meta: { leaves: true },
      onMutate: () => setLeaving(true),
      onSuccess: () => window.location.assign('/sign-in'),
      onError: () => setLeaving(false),
    }),
  );
  const form = useCommandForm({ initial: {}, command: end, inputOf: () => ({}) });
  return (
    <Form form={form} submit="Sign out everywhere" isFirst onCancel={onClose}>
      <p>Signs out every browser, including this one. API keys keep working.</p>
    </Form>
  );
}
