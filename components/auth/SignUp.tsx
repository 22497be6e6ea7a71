'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { AuthPage } from './AuthPage';
import styles from '@/components/account/account.module.css';
import { EmailField, Fault, NewPasswordField } from './fields';
import { NewTeam, YourName } from './NewTeam';
import { DeadLink } from './ResetPassword';
import { goIn } from './session';
import { faultsOf, readFields } from './useForm';

/** Begins a new team: first the address is proven. The same is said whoever has it. */
export function AskToSignUp() {
  const ask = useMutation(useTRPC().access.requestSignUp.mutationOptions());
  const faults = faultsOf(ask);
  if (ask.isSuccess) {
    return (
      <AuthPage title="Check your mail">
        <p role="status">
          A link to make your team is on its way to <strong>{ask.variables.email}</strong>. It works once, for 24 hours.
        </p>
        <p className="muted">Nothing there? Look in the spam folder, or ask again in a few minutes.</p>
        <p>
          <Link href="/sign-in">Back to signing in</Link>
        </p>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Make a team">
      <p>Enter your address. A link to go on with is mailed to it.</p>
      <form
        method="post"
        className={styles.form}
        noValidate
        onSubmit={(event) => ask.mutate({ email: readFields(event)('email') })}
      >
        <Fault text={faults.rest} />
        <EmailField error={faults.at('email')} first />
        <Button type="submit" loading={ask.isPending}>
          Mail me a link
        </Button>
      </form>
      <p>
        <Link href="/sign-in">I have an account</Link>
      </p>
    </AuthPage>
  );
}

/**
 * Makes the team by a mailed link.
 * @param email whose link it is; null where it is not good, or no more
 * @param name of who has an account already: that stays as it is
 */
export function SignUp({ token, email, name }: { token: string; email: string | null; name: string | null }) {
  const signUp = useMutation(
    useTRPC().access.signUp.mutationOptions({
      gcTime: 0,
      onSuccess: (made, { password }) => goIn(made.email, password, `/${made.slug}`),
    }),
  );
  const faults = faultsOf(signUp);
  if (email === null) return <DeadLink title="This link no longer works" way="/sign-up" />;
  return (
    <AuthPage title="Make a team">
      <p>
        {name === null ? 'You will sign in as ' : `${name}, you have an account. You will sign in as always, as `}
        <strong>{email}</strong>.
      </p>
      <NewTeam
        faults={faults}
        isPending={signUp.isPending || signUp.isSuccess}
        label="Make the team"
        onSubmit={(event, currency) => {
          const of = readFields(event);
          const who = name === null ? { name: of('name'), password: of('password') } : {};
          signUp.mutate({ token, team: of('team'), currency, ...who });
        }}
      >
        {name === null && (
          <>
            <YourName error={faults.at('name')} />
            <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
            <NewPasswordField label="Password" error={faults.at('password')} />
          </>
        )}
      </NewTeam>
    </AuthPage>
  );
}
