'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Card, PageHead } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import styles from './account.module.css';
import { checkNewPassword, NewPasswordField, PasswordField, Username } from '@/components/auth/fields';

/** Changes the password after checking the current one. */
export function PasswordPage() {
  const { email } = useSuspenseQuery(useTRPC().account.getProfile.queryOptions()).data;
  const change = useMutation(
    useTRPC().account.changePassword.mutationOptions({
      gcTime: 0,
      onSuccess: () => toast({ message: 'Password changed. Other sessions were signed out.' }),
    }),
  );
  const form = useCommandForm({
    initial: { current: '', password: '' },
    command: change,
    inputOf: (typed) => typed,
    check: checkNewPassword,
    mode: 'uncontrolled',
    stays: true,
  });
  return (
    <>
      <PageHead title="Password" />
      <div className={styles.narrow}>
        <Card title="Change password">
          <Form form={form} submit="Change password">
            <p className="muted">Other sessions will be signed out. We’ll email you.</p>
            <Username email={email} />
            <PasswordField label="Current password" {...form.field('current')} />
            <NewPasswordField {...form.field('password')} />
          </Form>
        </Card>
      </div>
    </>
  );
}
