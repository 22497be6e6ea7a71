'use client';

import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { AuthPage } from './AuthPage';
import { EmailField, NewPasswordField } from './fields';
import { NewTeam, YourName } from './NewTeam';
import { goIn } from './session';
import { faultsOf, readFields } from './useForm';

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
  const faults = faultsOf(setUp);
  return (
    <AuthPage title="Set up Purser">
      <p>Create the first team, with you as its owner. This page disappears once a team exists.</p>
      <NewTeam
        faults={faults}
        isPending={setUp.isPending || setUp.isSuccess}
        label="Create team"
        onSubmit={(event, currency) => {
          const of = readFields(event);
          const owner = { name: of('name'), email: of('email'), password: of('password') };
          setUp.mutate({ code: of('code'), team: of('team'), currency, ...owner });
        }}
      >
        <YourName error={faults.at('name')} />
        <EmailField label="Your email" error={faults.at('email')} />
        <NewPasswordField label="Password" error={faults.at('password')} />
        <TextInput
          label="Set-up code"
          name="code"
          description="Printed in the terminal by npm start."
          defaultValue={code}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={faults.at('code')}
          required
          withAsterisk={false}
        />
      </NewTeam>
    </AuthPage>
  );
}
