'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/members/members.module.css';
import { useDialogs } from '@/components/ui/dialogs';
import { Card, Note, PageHead } from '@/components/ui/pieces';

/** Exports the user's data and deletes their account. */
export function PrivacyPage() {
  const open = useDialogs();
  return (
    <>
      <PageHead title="Privacy" />
      <div className={styles.stack}>
        <Card title="Your data">
          <Export />
        </Card>
        <Card title="Delete my account">
          <div className={styles.money}>
            <span>
              Permanently removes your name, addresses, sign-in and message texts in every team. Balances and counts are
              kept.
            </span>
            <Button
              variant="default"
              size="xs"
              onClick={() =>
                open({
                  title: 'Delete my account',
                  body: async (onClose) => {
                    const { DeleteAccount } = await import('./DeleteAccount');
                    return <DeleteAccount onClose={onClose} />;
                  },
                })
              }
            >
              Delete my account…
            </Button>
          </div>
        </Card>
      </div>
    </>
  );
}

function Export() {
  const take = useMutation(
    useTRPC().account.exportMe.mutationOptions({ onSuccess: (data) => save('my-data.json', data) }),
  );
  return (
    <>
      <div className={styles.money}>
        <span>
          Everything stored about you as one JSON file: sign-in, memberships, sessions, emails, invitations and
          activity. It links to separate files for messages and transfers. The export is recorded in the audit log.
        </span>
        <Button
          variant="default"
          size="xs"
          leftSection={<Download size={14} aria-hidden />}
          loading={take.isPending}
          onClick={() => take.mutate({})}
        >
          Export my data
        </Button>
      </div>
      {take.isError && (
        <Note tone="bad" alert>
          {sayProblem(take.error)}
        </Note>
      )}
    </>
  );
}

function save(name: string, data: object): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
