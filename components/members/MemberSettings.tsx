'use client';

import { Button, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Card } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import styles from './members.module.css';
import { useMemberActions } from './useMemberActions';
import type { MemberView } from './member';

/** The settings of a member that owners can change, and its deletion. */
export function MemberSettings({ member }: { member: MemberView }) {
  const act = useMemberActions();
  const isOwner = member.role === 'owner';
  return (
    <div className={styles.stack}>
      <Card title="Name and contact">
        <Profile member={member} />
      </Card>
      <Card title="Role">
        <div className={styles.money}>
          <span>{isOwner ? 'Owners manage the whole team.' : 'Can only see and use its own account.'}</span>
          <Button variant="default" size="xs" onClick={() => act.changeRole(member)}>
            {isOwner ? 'Make member' : 'Make owner'}
          </Button>
        </div>
      </Card>
      <Card title="Status">
        <div className={styles.money}>
          <span>
            {member.status === 'active'
              ? 'Deactivating blocks its API key immediately. The balance is kept.'
              : 'Its API key is blocked. Activating makes it work again immediately.'}
          </span>
          {member.status === 'active' ? (
            <Button variant="default" size="xs" onClick={() => act.deactivate(member)}>
              Deactivate
            </Button>
          ) : (
            <Button variant="default" size="xs" onClick={() => act.activate(member)}>
              Activate
            </Button>
          )}
        </div>
      </Card>
      {member.hasGeneratedSignIn && (
        <Card title="Password">
          <div className={styles.money}>
            <span>
              This member signs in with a generated address. A new password is shown once and ends all sessions.
            </span>
            <Button variant="default" size="xs" onClick={() => act.resetPassword(member)}>
              Reset password…
            </Button>
          </div>
        </Card>
      )}
      <Card title="Delete">
        <div className={styles.money}>
          <span>Returns its balance to the master balance and ends its API key. Restorable for 14 days.</span>
          <Button color="red" variant="outline" size="xs" onClick={() => act.remove(member)}>
            Delete…
          </Button>
        </div>
      </Card>
    </div>
  );
}

const linesOf = (metadata: Record<string, string>): string =>
  Object.entries(metadata)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

/** Parses lines of `name=value`; returns null if a line has another form. */
function readLines(text: string): Record<string, string> | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.some((line) => line.indexOf('=') < 1)) return null;
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1).trim()]),
  );
}

/** Returns the changed fields of a profile as the API takes them, or null if the metadata is not readable. */
function changesOf(member: MemberView, typed: Record<'name' | 'email' | 'externalId' | 'metadata', string>) {
  const [name, email, externalId] = [typed.name.trim(), typed.email.trim(), typed.externalId.trim()];
  const metadata = readLines(typed.metadata);
  if (metadata === null) return null;
  return {
    ...(name !== member.name && { name }),
    ...(email !== '' && email !== member.email && { email }),
    ...(externalId !== (member.externalId ?? '') && { externalId: externalId || null }),
    ...(typed.metadata !== linesOf(member.metadata) && { metadata }),
  };
}

function Profile({ member }: { member: MemberView }) {
  const save = useMutation(
    useTRPC().members.updateMember.mutationOptions({ onSuccess: () => toast({ message: 'Saved.' }) }),
  );
  const form = useCommandForm({
    initial: {
      name: member.name,
      email: member.emailGenerated ? '' : member.email,
      externalId: member.externalId ?? '',
      metadata: linesOf(member.metadata),
    },
    command: save,
    inputOf: (typed) => {
      const changes = changesOf(member, typed);
      return changes && Object.keys(changes).length > 0 ? { memberId: member.id, ...changes } : null;
    },
    named: { email_taken: 'email' },
    draft: `profile ${member.id}`,
    stays: true,
  });
  const changes = changesOf(member, form.values);
  const metadata = form.field('metadata');
  return (
    <Form form={form} submit="Save" needsChange isReady={changes !== null && Object.keys(changes).length > 0}>
      <TextInput label="Name" {...form.field('name')} />
      <TextInput
        label="Contact email"
        type="email"
        placeholder={member.emailGenerated ? `${member.email} (generated)` : undefined}
        description="Contact only. Doesn’t change anyone’s sign-in email."
        {...form.field('email')}
      />
      <TextInput label="External ID" description="Your own ID for this member" {...form.field('externalId')} />
      <Textarea
        label="Metadata"
        description="One name=value per line"
        autosize
        minRows={2}
        {...metadata}
        error={changes === null ? 'Each line must be name=value.' : metadata.error}
      />
    </Form>
  );
}
