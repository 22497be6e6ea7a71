'use client';

import { Group, Radio, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { toMicros, type Micros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { OptionalRule } from '@/components/auto-recharge/RuleFields';
import { NESTED_RULE_FIELDS } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { formatMoney } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { Invited } from './Invited';
import { NO_INVITATION, useReadInvitation, type Claimed, type TypedInvitation } from './useReadInvitation';

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
      <TooMuch amount={credit} />
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

const ClaimNote = ({ claimed }: { claimed: Claimed }) => (
  <Note>
    The person who accepts claims <strong>{claimed.name}</strong>, with its API key, balance, rule and log, as{' '}
    {claimed.role === 'owner' ? 'an owner' : 'a member'}.
  </Note>
);

const InviteeFields = ({
  form,
}: {
  form: Pick<ReturnType<typeof useCommandForm<TypedInvitation, object>>, 'field'>;
}) => (
  <>
    <TextInput label="Name" placeholder="Leave blank to let them choose" {...form.field('name')} autoComplete="off" />
    <Radio.Group label="Role" {...form.field('role')}>
      <Group mt="xs">
        <Radio value="member" label="Member" />
        <Radio value="owner" label="Owner" />
      </Group>
    </Radio.Group>
  </>
);

/** Only a warning: the credit is taken when the invitation is accepted. */
function TooMuch({ amount }: { amount: Micros | null }) {
  const { currency, masterBalance } = useShell().team;
  const { locale } = useLocale();
  const master = masterBalance === null ? null : toMicros(masterBalance);
  if (amount === null || master === null || master >= amount) return null;
  return (
    <Note tone="warn">
      The master balance is {formatMoney(master, currency, locale)} now. If it’s still too low on acceptance, they join
      without the credit and you’re notified.
    </Note>
  );
}
