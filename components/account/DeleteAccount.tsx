'use client';

import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { problemOf, sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/ui/form/form.module.css';
import { Facts, Note } from '@/components/ui/pieces';

/** Deletes the user after explaining what is removed and what is kept, and after asking for the password. */
export function DeleteAccount({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const erase = useMutation(
    useTRPC().account.eraseMe.mutationOptions({
      // Nothing on this page can be fetched after the deletion.
      meta: { leaves: true },
      onSuccess: leave,
      // A retry after a lost response finds no user: the deletion succeeded.
      onError: (error) => problemOf(error)?.code === 'missing_key' && leave(),
    }),
  );
  const problem = erase.isPending ? undefined : problemOf(erase.error);
  const atPassword = problem?.errors?.find(({ pointer }) => pointer === '/password')?.detail;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (password !== '' && !erase.isPending) erase.mutate({ password });
      }}
    >
      <Facts
        of={[
          ['Name and addresses', 'removed everywhere, including audit logs and transfers'],
          ['Sign-in', 'ends immediately in every browser'],
          ['Message texts', 'removed; messages in transit keep theirs until they are delivered or fail'],
          ['Your memberships', 'stay in their teams without you, each with its balance and a new API key'],
          ['Counts, costs, transfers', 'kept without your name'],
        ]}
      />
      <Note tone="warn">This can’t be undone. Export your data first if you want to keep it.</Note>
      <TextInput
        label="Your password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={atPassword}
        data-autofocus
      />
      {erase.isError && !erase.isPending && atPassword === undefined && (
        <Note tone="bad" alert>
          {problem?.code === 'last_owner' ? problem.detail : sayProblem(erase.error)}
        </Note>
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" color="red" disabled={password === ''} loading={erase.isPending}>
          Delete permanently
        </Button>
      </div>
    </form>
  );
}

const leave = (): void => window.location.assign('/sign-in');
