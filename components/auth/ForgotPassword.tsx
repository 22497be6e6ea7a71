'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { Note } from '@/components/ui/pieces';
import { AuthPage } from './AuthPage';
import styles from '@/components/account/account.module.css';
import { EmailField, Fault } from './fields';
import { faultsOf, readFields } from './useForm';

/**
 * Requests a password reset link by email. The response does not reveal whether the address has an account.
 * @param mail true when this installation can send email
 */
export function ForgotPassword({ mail }: { mail: boolean }) {
  const ask = useMutation(useTRPC().access.requestPasswordReset.mutationOptions());
  const faults = faultsOf(ask);
  const back = <Link href="/sign-in">Back to sign-in</Link>;
  if (!mail) {
    return (
      <AuthPage title="Forgot password">
        <p>Email isn’t set up, so we can’t send you a link. The operator can give you a new password:</p>
        <Note>
          <code>npm run purser -- member password &lt;memberId&gt; --team &lt;teamId&gt;</code>
        </Note>
        <p>{back}</p>
      </AuthPage>
    );
  }
  if (ask.isSuccess) {
    return (
      <AuthPage title="Check your email">
        <p role="status">
          If <strong>{ask.variables.email}</strong> has an account, we emailed a link to set a new password. It works
          once and expires in one hour.
        </p>
        <p className="muted">Nothing there? Check your spam folder, or try again in a few minutes.</p>
        <p>{back}</p>
      </AuthPage>
    );
  }
  return (
    <AuthPage title="Forgot password">
      <p>Enter your sign-in email. We’ll send you a link to set a new password.</p>
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
      <p>{back}</p>
    </AuthPage>
  );
}
