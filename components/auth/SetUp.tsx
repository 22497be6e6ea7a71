'use client';

import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { AuthPage } from './AuthPage';
import { checkNewPassword, EmailField, NewPasswordField } from './fields';
import { NewTeam, YourName } from './NewTeam';
import { goIn } from './session';

/**
 * Creates the first team and its owner on a new installation.
 * @param code the set-up code from the printed URL; empty when it must be typed
 */
export function SetUp({ code }: { code: string }) {
  const setUp = useMutation(
    useTRPC().access.setUp.mutationOptions({
      gcTime: 0,
      onSuccess: ({ email, slug }, { password }) => goIn(email, password, `/${slug}`),
    }),
  );
  const form = useCommandForm({
    initial: { code, team: '', currency: 'USD', name: '', email: '', password: '' },
    command: setUp,
    inputOf: (typed) => typed,
    check: checkNewPassword,
    mode: 'uncontrolled',
  });
  return (
    <AuthPage title="Set up Purser">
      <p>Create the first team, with you as its owner. This page disappears once a team exists.</p>
      <NewTeam form={form} submit="Create team">
        <YourName {...form.field('name')} />
        <EmailField label="Your email" {...form.field('email')} />
        <NewPasswordField label="Password" {...form.field('password')} />
        <TextInput
          label="Set-up code"
          description="Printed in the terminal by npm start."
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...form.field('code')}
          required
          withAsterisk={false}
        />
      </NewTeam>
    </AuthPage>
  );
}
