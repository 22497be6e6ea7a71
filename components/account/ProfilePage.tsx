'use client';

import { TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Card, Facts, PageHead, Status } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import styles from './account.module.css';

function NameForm({ name }: { name: string }) {
  const rename = useMutation(
    useTRPC().account.renameUser.mutationOptions({ onSuccess: () => toast({ message: 'Saved.' }) }),
  );
  const form = useCommandForm({
    initial: { name },
    command: rename,
    inputOf: (typed) => typed,
    check: (typed) => ({ name: typed.name.trim() === '' ? 'Enter a name.' : undefined }),
    draft: 'name',
    stays: true,
  });
  return (
    <Form form={form} submit="Save" needsChange>
      <TextInput
        label="Name"
        description="Shown in audit logs. Team owners set your name within their team."
        autoComplete="name"
        {...form.field('name')}
      />
    </Form>
  );
}

/** Shows the user's own name and the email address they sign in with. */
export function ProfilePage() {
  const profile = useSuspenseQuery(useTRPC().account.getProfile.queryOptions()).data;
  return (
    <>
      <PageHead title="Profile" />
      <div className={styles.narrow}>
        <Card title="Your name">
          <NameForm name={profile.name} />
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
