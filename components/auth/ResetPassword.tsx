'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { AuthPage } from './AuthPage';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { checkNewPassword, NewPasswordField, Username } from './fields';
import { goIn } from './session';

/**
 * Sets a new password through an emailed link and signs in.
 * @param email the user's address; null when the link is invalid, used or expired
 */
export function ResetPassword({ token, email }: { token: string; email: string | null }) {
  const reset = useMutation(
    useTRPC().access.resetPassword.mutationOptions({
      gcTime: 0,
      onSuccess: (entered, { password }) => goIn(entered.email, password, '/'),
    }),
  );
  const form = useCommandForm({
    initial: { password: '' },
    command: reset,
    inputOf: ({ password }) => ({ token, password }),
    check: checkNewPassword,
    mode: 'uncontrolled',
  });
  if (email === null) return <ClosedLink title="This link no longer works" way="/forgot" />;
  return (
    <AuthPage title="New password">
      <p>
        For <strong>{email}</strong>. All current sessions will be signed out.
      </p>
      <Form form={form} submit="Set password" isWide>
        <Username email={email} />
        <NewPasswordField {...form.field('password')} first />
      </Form>
    </AuthPage>
  );
}

/** The page of an invalid, used or expired link, with the way to a new one. */
export const ClosedLink = ({ title, way }: { title: string; way: '/forgot' | '/sign-up' }) => (
  <AuthPage title={title}>
    <p>It has expired, was already used, or is incomplete. Nothing was changed.</p>
    <Button component={Link} href={way}>
      Request a new link
    </Button>
    <p>
      <Link href="/sign-in">Back to sign-in</Link>
    </p>
  </AuthPage>
);
