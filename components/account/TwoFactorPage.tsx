'use client';

import { Button } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTRPC } from '@/components/data';
import { useDialogs } from '@/components/ui/dialogs';
import { Instant } from '@/components/ui/Instant';
import { Card, Facts, Note, PageHead, Status } from '@/components/ui/pieces';
import styles from './account.module.css';
import { Fault, PasswordField } from '@/components/auth/fields';
import { faultsOf, readFields } from '@/components/auth/useForm';

/** Manages two-factor: authenticator codes at sign-in, and recovery codes for lost devices. */
export function TwoFactorPage() {
  const { twoFactorSince, recoveryCodesLeft } = useSuspenseQuery(useTRPC().account.getProfile.queryOptions()).data;
  return (
    <>
      <PageHead title="Two-factor" />
      <div className={styles.narrow}>
        {twoFactorSince === null ? <TurnOn /> : <IsOn since={twoFactorSince} left={recoveryCodesLeft} />}
      </div>
    </>
  );
}

function TurnOn() {
  const open = useDialogs();
  return (
    <Card title="Off">
      <div className={styles.form}>
        <p>Require a code from an authenticator app when you sign in.</p>
        <div className={styles.foot}>
          <Button
            onClick={() =>
              open({
                title: 'Turn on two-factor',
                body: async (close) => {
                  const { AddTwoFactor } = await import('./AddTwoFactor');
                  return <AddTwoFactor onClose={close} />;
                },
              })
            }
          >
            Turn on
          </Button>
        </div>
      </div>
    </Card>
  );
}

function IsOn({ since, left }: { since: string; left: number }) {
  const open = useDialogs();
  return (
    <Card title="On">
      <div className={styles.form}>
        <Facts
          of={[
            [
              'Since',
              <Status key="since" tone="ok">
                <Instant at={since} />
              </Status>,
            ],
            ['Recovery codes', `${left} of 10 left`],
          ]}
        />
        {left <= 2 && <Note tone="warn">You’re almost out of recovery codes. Create new ones.</Note>}
        <div className={styles.foot}>
          <Button
            variant="default"
            onClick={() =>
              open({
                title: 'New recovery codes',
                body: async (close) => {
                  const { NewRecoveryCodes } = await import('./RecoveryCodes');
                  return <NewRecoveryCodes onClose={close} />;
                },
              })
            }
          >
            New recovery codes
          </Button>
          <Button
            variant="default"
            onClick={() => open({ title: 'Turn off two-factor', body: (close) => <TurnOff onClose={close} /> })}
          >
            Turn off
          </Button>
        </div>
      </div>
    </Card>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState(false);
  const end = useMutation(useTRPC().account.endTwoFactor.mutationOptions({ gcTime: 0, onSuccess: onClose }));
  const faults = faultsOf(end);
  return (
    <form
      method="post"
      className={styles.form}
      noValidate
      onChange={() => setTyped(true)}
      onSubmit={(event) => end.mutate({ password: readFields(event)('password') })}
    >
      <p>You’ll sign in with your password only. Your recovery codes will stop working.</p>
      <Fault text={faults.rest} />
      <PasswordField error={faults.at('password')} first />
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!typed} loading={end.isPending}>
          Turn off
        </Button>
      </div>
    </form>
  );
}
