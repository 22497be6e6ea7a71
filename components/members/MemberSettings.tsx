'use client';

import { Button, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { problemOf, sayProblem, useTRPC } from '@/components/data';
import formStyles from '@/components/ui/form/form.module.css';
import { Card, Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useDraft } from '@/components/ui/useDraft';
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

/** Holds the profile while it is edited; untouched fields follow changes that others make. */
function useProfile(member: MemberView) {
  const draft = useDraft({
    name: member.name,
    email: member.emailGenerated ? '' : member.email,
    externalId: member.externalId ?? '',
    metadata: linesOf(member.metadata),
  });
  const [name, email, externalId] = [
    draft.valueOf('name').trim(),
    draft.valueOf('email').trim(),
    draft.valueOf('externalId').trim(),
  ];
  const read = readLines(draft.valueOf('metadata'));
  const changed = {
    ...(name !== member.name && { name }),
    ...(email !== '' && email !== member.email && { email }),
    ...(externalId !== (member.externalId ?? '') && { externalId: externalId || null }),
    ...(read !== null && draft.changed.includes('metadata') && { metadata: read }),
  };
  return { draft, changed, isReadable: read !== null };
}

function Profile({ member }: { member: MemberView }) {
  const { draft, changed, isReadable } = useProfile(member);
  const save = useMutation(
    useTRPC().members.updateMember.mutationOptions({
      onSuccess: () => {
        draft.reset();
        toast({ message: 'Saved.' });
      },
    }),
  );
  const isDirty = Object.keys(changed).length > 0;
  const problem = save.isPending ? undefined : problemOf(save.error);
  const errorOf = (field: string) =>
    problem?.errors?.find(({ pointer }) => pointer === `/${field}` || pointer.startsWith(`/${field}/`))?.detail;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isDirty && isReadable && !save.isPending) save.mutate({ memberId: member.id, ...changed });
  };
  return (
    <form className={formStyles.form} onSubmit={submit} noValidate>
      <TextInput
        label="Name"
        value={draft.valueOf('name')}
        onChange={(event) => draft.set('name', event.currentTarget.value)}
        error={errorOf('name')}
      />
      <TextInput
        label="Contact email"
        type="email"
        placeholder={member.emailGenerated ? `${member.email} (generated)` : undefined}
        description="Contact only. Doesn’t change anyone’s sign-in email."
        value={draft.valueOf('email')}
        onChange={(event) => draft.set('email', event.currentTarget.value)}
        error={errorOf('email') ?? (problem?.code === 'email_taken' ? `${problem.title}.` : undefined)}
      />
      <TextInput
        label="External ID"
        description="Your own ID for this member"
        value={draft.valueOf('externalId')}
        onChange={(event) => draft.set('externalId', event.currentTarget.value)}
        error={errorOf('externalId')}
      />
      <Textarea
        label="Metadata"
        description="One name=value per line"
        autosize
        minRows={2}
        value={draft.valueOf('metadata')}
        onChange={(event) => draft.set('metadata', event.currentTarget.value)}
        error={!isReadable ? 'Each line must be name=value.' : errorOf('metadata')}
      />
      {problem && problem.code !== 'email_taken' && !problem.errors?.length && (
        <Note tone="bad" alert>
          {sayProblem(save.error)}
        </Note>
      )}
      <div className={formStyles.foot}>
        <Button type="submit" disabled={!isDirty || !isReadable} loading={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
