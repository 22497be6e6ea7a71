'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { sayProblem, useTRPC } from '@/components/data';
import { NewPassword } from '@/components/api-keys/NewKey';
import styles from '@/components/ui/form/form.module.css';
import { Note } from '@/components/ui/pieces';

type Props = { member: { id: string; name: string }; onClose: () => void };

/** Resets the password of a member with a generated sign-in; the new one is shown once. */
export function ResetMemberPassword({ member, onClose }: Props) {
  // Never cached: the password disappears with the dialog.
  const reset = useMutation(useTRPC().members.resetMemberPassword.mutationOptions({ gcTime: 0 }));
  if (reset.data) {
    const { email, secrets } = reset.data;
    return <NewPassword email={email} password={secrets.password} onClose={onClose} />;
  }
  return (
    <div className={styles.form}>
      <p>{member.name} gets a new password, shown once. The old one stops working, and all sessions end.</p>
      {reset.isError && (
        <Note tone="bad" alert>
          {sayProblem(reset.error)}
        </Note>
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button data-autofocus loading={reset.isPending} onClick={() => reset.mutate({ memberId: member.id })}>
          Reset password
        </Button>
      </div>
    </div>
  );
}
