'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/ui/form/form.module.css';
import { Note } from '@/components/ui/pieces';
import { NewKey } from './NewKey';

type Props = { member: { id: string; name: string }; onClose: () => void };

/** Shows a member's API key to an owner, after saying that this is recorded in the audit log. */
export function RevealKey({ member, onClose }: Props) {
  // Never cached: the key disappears with the dialog.
  const reveal = useMutation(useTRPC().keys.revealKey.mutationOptions({ gcTime: 0 }));
  if (reveal.data) return <NewKey apiKey={reveal.data.apiKey} onClose={onClose} again />;
  return (
    <div className={styles.form}>
      <p>Anyone with this key can spend {member.name}’s balance. Revealing it is recorded in the audit log.</p>
      {reveal.isError && (
        <Note tone="bad" alert>
          {sayProblem(reveal.error)}
        </Note>
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button data-autofocus loading={reveal.isPending} onClick={() => reveal.mutate({ memberId: member.id })}>
          Reveal key
        </Button>
      </div>
    </div>
  );
}
