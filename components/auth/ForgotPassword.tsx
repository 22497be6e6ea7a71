'use client';

import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { Note } from '@/components/ui/pieces';
import { AuthPage } from './AuthPage';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { EmailField } from './fields';

/**
 * Requests a password reset link by email. The response does not reveal whether the address has an account.
 * @param mail true when this installation can send email
 */
export function ForgotPassword({ mail }: { mail: boolean }) {
  const ask = useMutation(useTRPC().access.requestPasswordReset.mutationOptions());
  const form = useCommandForm({
    initial: { email: '' },
    command: ask,
    inputOf: (typed) => typed,
    mode: 'uncontrolled',
  });
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
      <Form form={form} submit="Email me a link" isWide>
        <EmailField {...form.field('email')} first />
      </Form>
      <p>{back}</p>
    </AuthPage>
  );
}
