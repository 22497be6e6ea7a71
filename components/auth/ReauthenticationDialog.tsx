'use client';

import { Button, Modal } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import { answer } from '@/components/ui/confirm';
import { clientFor } from '@/components/data';
import { NO_BANNER } from '@/components/ui/DialogFrame';
import styles from '@/components/account/account.module.css';
import { CodeField, Fault, PasswordField } from './fields';
import { faultsOf, readFields } from './useForm';

/** Asks for the password or a code over the current page, then lets the pending change continue. */
export function ReauthenticationDialog() {
  const { hasTwoFactor, byCode, setByCode, attempt, confirm } = useConfirm();
  const faults = faultsOf(attempt);
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
      <form method="post" className={styles.form} noValidate onSubmit={(event) => void confirm(event)}>
        <p>Your team requires this before sensitive actions. Valid for 10 minutes.</p>
        <Fault text={faults.rest} />
        {byCode ? (
          <CodeField error={faults.at('code')} note="From your authenticator app, or a recovery code." first />
        ) : (
          <PasswordField error={faults.at('password')} first />
        )}
        {hasTwoFactor && (
          <p>
            <button type="button" className={styles.plain} onClick={() => setByCode(!byCode)}>
              {byCode ? 'Use password instead' : 'Use a code instead'}
            </button>
          </p>
        )}
        <div className={styles.foot}>
          <Button variant="default" onClick={() => answer(false)}>
            Cancel
          </Button>
          <Button type="submit" loading={attempt.isPending}>
            Continue
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function useConfirm() {
  const [account] = useState(() => clientFor(null).account);
  const [hasTwoFactor, setHasTwoFactor] = useState(false);
  const [byCode, setByCode] = useState(false);
  const [attempt, setAttempt] = useState<{ error: unknown; isPending: boolean }>({ error: null, isPending: false });
  useEffect(() => {
    account.getProfile.query().then(
      ({ twoFactorSince }) => setHasTwoFactor(twoFactorSince !== null),
      // The password field is shown then.
      () => {},
    );
  }, [account]);
  const confirm = async (event: FormEvent<HTMLFormElement>) => {
    const of = readFields(event);
    setAttempt({ error: null, isPending: true });
    try {
      await account.confirm.mutate(byCode ? { code: of('code') } : { password: of('password') });
      answer(true);
    } catch (error) {
      setAttempt({ error, isPending: false });
    }
  };
  return { hasTwoFactor, byCode, setByCode, attempt, confirm };
}
