'use client';

import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { AuthPage } from './AuthPage';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { checkNewPassword, EmailField, NewPasswordField, Username } from './fields';
import { NewTeam, YourName } from './NewTeam';
import { ClosedLink } from './ResetPassword';
import { goIn } from './session';

/** Starts a sign-up by verifying the email address. The response is the same for known addresses. */
export function RequestSignUp() {
  const ask = useMutation(useTRPC().access.requestSignUp.mutationOptions());
  const form = useCommandForm({
    initial: { email: '' },
    command: ask,
    inputOf: (typed) => typed,
    mode: 'uncontrolled',
  });
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
      <Form form={form} submit="Email me a link" isWide>
        <EmailField {...form.field('email')} first />
      </Form>
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
  const isNew = name === null;
  const form = useCommandForm({
    initial: { team: '', currency: 'USD', name: '', password: '' },
    command: signUp,
    inputOf: ({ team, currency, ...owner }) => ({ token, team, currency, ...(isNew && owner) }),
    check: (typed) => (isNew ? checkNewPassword(typed) : {}),
    mode: 'uncontrolled',
  });
  if (email === null) return <ClosedLink title="This link no longer works" way="/sign-up" />;
  return (
    <AuthPage title="Create team">
      <p>
        {name === null ? 'You’ll sign in as ' : `${name}, you already have an account. You’ll keep signing in as `}
        <strong>{email}</strong>.
      </p>
      <NewTeam form={form} submit="Create team">
        {isNew && (
          <>
            <YourName {...form.field('name')} />
            <Username email={email} />
            <NewPasswordField label="Password" {...form.field('password')} />
          </>
        )}
      </NewTeam>
    </AuthPage>
  );
}
