'use client';

import { Button } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Card, PageHead } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import styles from './account.module.css';
import { Fault, NewPasswordField, PasswordField } from '@/components/auth/fields';
import { faultsOf, readFields } from '@/components/auth/useForm';

/** Changes the password after checking the current one. */
export function PasswordPage() {
  const { email } = useSuspenseQuery(useTRPC().account.getProfile.queryOptions()).data;
  const change = useMutation(
    useTRPC().account.changePassword.mutationOptions({
      gcTime: 0,
      onSuccess: () => toast({ message: 'Password changed. Other sessions were signed out.' }),
    }),
  );
  const faults = faultsOf(change);
  return (
    <>
      <PageHead title="Password" />
      <div className={styles.narrow}>
        <Card title="Change password">
          <form
            method="post"
            className={styles.form}
            noValidate
            onSubmit={(event) => {
              const form = event.currentTarget;
              const of = readFields(event);
              const input = { current: of('current'), password: of('password') };
              if (!change.isPending) change.mutate(input, { onSuccess: () => form.reset() });
            }}
          >
            <p className="muted">Other sessions will be signed out. We’ll email you.</p>
            <Fault text={faults.rest} />
            <input type="text" name="email" autoComplete="username" value={email} readOnly hidden />
            <PasswordField label="Current password" name="current" error={faults.at('current')} />
            <NewPasswordField error={faults.at('password')} />
            <div className={styles.foot}>
              <Button type="submit" loading={change.isPending}>
                Change password
              </Button>
            </div>
          </form>
        </Card>
      </div>
    </>
  );
}
