'use client';

import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { problemOf, sayProblem, useTRPC } from '@/components/data';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Facts, Note } from '@/components/ui/pieces';

/** Deletes the user after explaining what is removed and what is kept, and after asking for the password. */
export function DeleteAccount({ onClose }: { onClose: () => void }) {
  const erase = useMutation(
    useTRPC().account.eraseMe.mutationOptions({
      // Nothing on this page can be fetched after the deletion.
      meta: { leaves: true },
      onSuccess: leave,
      // A retry after a lost response finds no user: the deletion succeeded.
      onError: (error) => problemOf(error)?.code === 'missing_key' && leave(),
    }),
  );
  const form = useCommandForm({
    initial: { password: '' },
    command: erase,
    inputOf: (typed) => typed,
    say: (error) => {
      const problem = problemOf(error);
      return problem?.code === 'last_owner' ? problem.detail : sayProblem(error);
    },
  });
  return (
    <Form form={form} submit="Delete permanently" isDangerous isReady={form.values.password !== ''} onCancel={onClose}>
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
        {...form.field('password')}
        data-autofocus
      />
    </Form>
  );
}

const leave = (): void => window.location.assign('/sign-in');
