'use client';

import { Button, TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Card, Facts, PageHead, Status } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useDraft } from '@/components/ui/useDraft';
import { useUnsaved } from '@/components/ui/useUnsaved';
import styles from './account.module.css';
import { Fault } from '@/components/auth/fields';
import { faultsOf } from '@/components/auth/useForm';

/** Shows the user's own name and the email address they sign in with. */
export function ProfilePage() {
  const profile = useSuspenseQuery(useTRPC().account.getProfile.queryOptions()).data;
  const draft = useDraft({ name: profile.name });
  const rename = useMutation(
    useTRPC().account.renameUser.mutationOptions({
      onSuccess: () => {
        toast({ message: 'Saved.' });
        draft.reset();
      },
    }),
  );
  const faults = faultsOf(rename);
  const isDirty = draft.changed.length > 0;
  useUnsaved(isDirty && !rename.isPending);
  const save = () => isDirty && !rename.isPending && rename.mutate({ name: draft.valueOf('name') });
  return (
    <>
      <PageHead title="Profile" />
      <div className={styles.narrow}>
        <Card title="Your name">
          <form
            className={styles.form}
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              save();
            }}
          >
            <Fault text={faults.rest} />
            <TextInput
              label="Name"
              description="Shown in audit logs. Team owners set your name within their team."
              autoComplete="name"
              value={draft.valueOf('name')}
              onChange={(event) => draft.set('name', event.currentTarget.value)}
              error={faults.at('name')}
            />
            <div className={styles.foot}>
              <Button type="submit" disabled={!isDirty || !draft.valueOf('name').trim()} loading={rename.isPending}>
                Save
              </Button>
            </div>
          </form>
        </Card>
        <Card title="Sign-in">
          <Facts
            of={[
              ['Email', profile.email],
              [
                'Address',
                <Status key="proven" tone={profile.isProven ? 'ok' : 'off'}>
                  {profile.isProven ? 'Verified' : 'Unverified'}
                </Status>,
              ],
              [
                'Two-factor',
                <Status key="factor" tone={profile.twoFactorSince ? 'ok' : 'off'}>
                  {profile.twoFactorSince ? 'On' : 'Off'}
                </Status>,
              ],
            ]}
          />
        </Card>
      </div>
    </>
  );
}
