'use client';

import { Button } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { useDialogs } from '@/components/ui/dialogs';
import { Form, FormFoot, FormStack } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Instant } from '@/components/ui/Instant';
import { Card, Facts, Note, PageHead, Status } from '@/components/ui/pieces';
import styles from './account.module.css';
import { PasswordField } from '@/components/auth/fields';

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
      <FormStack>
        <p>Require a code from an authenticator app when you sign in.</p>
        <FormFoot>
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
        </FormFoot>
      </FormStack>
    </Card>
  );
}

function IsOn({ since, left }: { since: string; left: number }) {
  const open = useDialogs();
  return (
    <Card title="On">
      <FormStack>
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
        <FormFoot>
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
        </FormFoot>
      </FormStack>
    </Card>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const end = useMutation(useTRPC().account.endTwoFactor.mutationOptions({ gcTime: 0, onSuccess: onClose }));
  const form = useCommandForm({
    initial: { password: '' },
    command: end,
    inputOf: (typed) => typed,
    check: ({ password }) => ({ password: password === '' ? 'Enter your password.' : undefined }),
    mode: 'uncontrolled',
  });
  return (
    <Form form={form} submit="Turn off" onCancel={onClose}>
      <p>You’ll sign in with your password only. Your recovery codes will stop working.</p>
      <PasswordField {...form.field('password')} first />
    </Form>
  );
}
