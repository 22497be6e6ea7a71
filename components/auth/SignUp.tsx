'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { AuthPage } from './AuthPage';
import styles from '@/components/account/account.module.css';
import { EmailField, Fault, NewPasswordField } from './fields';
import { NewTeam, YourName } from './NewTeam';
import { ClosedLink } from './ResetPassword';
import { goIn } from './session';
import { faultsOf, readFields } from './useForm';

/** Starts a sign-up by verifying the email address. The response is the same for known addresses. */
export function RequestSignUp() {
  const ask = useMutation(useTRPC().access.requestSignUp.mutationOptions());
  const faults = faultsOf(ask);
  if (ask.isSuccess) {
    return (
      <AuthPage title="Check your email">
        <p role="status">
          We emailed a link to create your team to <strong>{ask.variables.email}</strong>. It works once and expires in
          24 hours.
        </p>
        <p className="muted">Nothing there? Check your spam folder, or try again in a few minutes.</p>
        <p>
          <Link href="/sign-in">Back to sign-in</Link>
        </p>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Create team">
      <p>Enter your email. We’ll send you a link to continue.</p>
      <form
        method="post"
        className={styles.form}
        noValidate
        onSubmit={(event) => ask.mutate({ email: readFields(event)('email') })}
      >
        <Fault text={faults.rest} />
        <EmailField error={faults.at('email')} first />
        <Button type="submit" loading={ask.isPending}>
          Email me a link
        </Button>
      </form>
      <p>
        <Link href="/sign-in">I already have an account</Link>
      </p>
    </AuthPage>
  );
}

/**
 * Creates a team through an emailed link.
 * @param email the verified address; null when the link is invalid, used or expired
 * @param name the name of an existing user, which stays unchanged; null for a new user
 */
export function SignUp({ token, email, name }: { token: string; email: string | null; name: string | null }) {
  const signUp = useMutation(
    useTRPC().access.signUp.mutationOptions({
      gcTime: 0,
      onSuccess: (made, { password }) => goIn(made.email, password, `/${made.slug}`),
    }),
  );
  const faults = faultsOf(signUp);
  if (email === null) return <ClosedLink title="This link no longer works" way="/sign-up" />;
  return (
    <AuthPage title="Create team">
      <p>
        {name === null ? 'You’ll sign in as ' : `${name}, you already have an account. You’ll keep signing in as `}
        <strong>{email}</strong>.
      </p>
      <NewTeam
        faults={faults}
        isPending={signUp.isPending || signUp.isSuccess}
        label="Create team"
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
