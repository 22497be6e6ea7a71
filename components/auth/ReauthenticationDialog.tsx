'use client';

import { Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import { clientFor } from '@/components/data';
import { answer } from '@/components/ui/confirm';
import { NO_BANNER } from '@/components/ui/DialogFrame';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import styles from '@/components/account/account.module.css';
import { CodeField, PasswordField } from './fields';

/** Asks for the password or a code over the current page, then lets the pending change continue. */
export function ReauthenticationDialog() {
  const [account] = useState(() => clientFor(null).account);
  const hasTwoFactor = useHasTwoFactor(account);
  const [byCode, setByCode] = useState(false);
  const form = useCommandForm({
    initial: { password: '', code: '' },
    command: {
      mutateAsync: async (proof: { code: string } | { password: string }) => {
        await account.confirm.mutate(proof);
        answer(true);
      },
    },
    inputOf: ({ password, code }) => (byCode ? { code } : { password }),
    mode: 'uncontrolled',
  });
  return (
    <Modal
      opened
      onClose={() => answer(false)}
      title="Confirm it’s you"
      size="sm"
      zIndex={300}
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={NO_BANNER}
    >
      <Form form={form} submit="Continue" onCancel={() => answer(false)}>
        <p>Your team requires this before sensitive actions. Valid for 10 minutes.</p>
        {byCode ? (
          <CodeField note="From your authenticator app, or a recovery code." {...form.field('code')} first />
        ) : (
          <PasswordField {...form.field('password')} first />
        )}
        {hasTwoFactor && (
          <p>
            <button type="button" className={styles.plain} onClick={() => setByCode(!byCode)}>
              {byCode ? 'Use password instead' : 'Use a code instead'}
            </button>
          </p>
        )}
      </Form>
    </Modal>
  );
}

function useHasTwoFactor(account: ReturnType<typeof clientFor>['account']): boolean {
  const [hasTwoFactor, setHasTwoFactor] = useState(false);
  useEffect(() => {
    account.getProfile.query().then(
      ({ twoFactorSince }) => setHasTwoFactor(twoFactorSince !== null),
      // The password field is shown then.
      () => {},
    );
  }, [account]);
  return hasTwoFactor;
}
