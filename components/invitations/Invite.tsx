'use client';

import { ClaimNote, InviteeFields, CreditWarning } from './InvitationFields';
import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { OptionalRule } from '@/components/auto-recharge/RuleFields';
import { NESTED_RULE_FIELDS } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { AmountField } from '@/components/ui/money/AmountField';
import { Invited } from './Invited';
import { NO_INVITATION, useReadInvitation, type Claimed } from './useReadInvitation';

type Props = { claimed: Claimed | null; onClose: () => void };

/** Invites someone by email, if email is set up, and by a link to share. */
export function Invite({ claimed, onClose }: Props) {
  const { currency } = useShell().team;
  const invite = useMutation(useTRPC().invitations.createInvitation.mutationOptions());
  const readInvitation = useReadInvitation(claimed);
  const form = useCommandForm({
    initial: NO_INVITATION,
    command: invite,
    inputOf: (values) => readInvitation(values).input,
    check: ({ email }) => ({ email: email.trim() === '' ? 'Enter an email address.' : undefined }),
    named: { already_member: 'email', invitation_pending: 'email', ...NESTED_RULE_FIELDS },
    waiting: 'Still waiting. We’re retrying safely; nobody is invited twice.',
    draft: `invite ${claimed?.id ?? ''}`,
  });
  const another = () => {
    form.start({ ...form.values, email: '', name: '' });
    invite.reset();
  };
  if (invite.data) return <Invited {...invite.data} onAnother={claimed ? null : another} onClose={onClose} />;
  const { credit, rule, isReady } = readInvitation(form.values);
  return (
    <Form form={form} submit="Invite" isReady={isReady} onCancel={onClose}>
      <TextInput
        label="Email"
        type="email"
        {...form.field('email')}
        autoComplete="off"
        required
        withAsterisk={false}
        data-autofocus
      />
      {claimed ? <ClaimNote claimed={claimed} /> : <InviteeFields form={form} />}
      <AmountField
        label="Starting credit"
        {...form.field('credit')}
        currency={currency}
        description="Optional. Taken from the master balance on acceptance."
      />
      <CreditWarning amount={credit} />
      {!claimed && (
        <OptionalRule
          isAdded={form.checkbox('withRule')}
          field={(name) => form.part('rule', name)}
          rule={rule}
          subject={{ credit, role: form.values.role }}
        />
      )}
    </Form>
  );
}
