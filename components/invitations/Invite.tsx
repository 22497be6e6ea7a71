'use client';

import { Button, Group, Radio, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { printAmount, toMicros, type Micros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { OptionalRule } from '@/components/auto-recharge/RuleFields';
import { NESTED_RULE_FIELDS, NO_RULE, useTypedRule, type TypedRule } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import { Form, FormFoot, FormStack } from '@/components/ui/form/Form';
import { filled, useCommandForm } from '@/components/ui/form/useCommandForm';
import { formatMoney, readTyped } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { LinkToShare } from './LinkToShare';

type Props = { claimed: Claimed | null; onClose: () => void };

/** The member that an invitation offers to claim. */
export type Claimed = { id: string; name: string; role: 'owner' | 'member' };

type Typed = {
  email: string;
  name: string;
  role: 'owner' | 'member';
  credit: string;
  withRule: boolean;
  rule: TypedRule;
};

const EMPTY: Typed = { email: '', name: '', role: 'member', credit: '', withRule: false, rule: NO_RULE };

/** Invites someone by email, if email is set up, and by a link to share. */
export function Invite({ claimed, onClose }: Props) {
  const { currency } = useShell().team;
  const invite = useMutation(useTRPC().invitations.createInvitation.mutationOptions());
  const readInvitation = useReadInvitation(claimed);
  const form = useCommandForm({
    initial: EMPTY,
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

type InvitedProps = {
  email: string;
  delivery: string;
  url: string | null;
  onAnother: (() => void) | null;
  onClose: () => void;
};

const Invited = ({ email, delivery, url, onAnother, onClose }: InvitedProps) => (
  <FormStack>
    <p>
      {delivery === 'none' ? 'Invitation created for ' : 'Invitation emailed to '} <strong>{email}</strong> (expires in
      7 days).{delivery === 'none' && ' Email isn’t set up; share the link yourself.'}
    </p>
    {url && <LinkToShare url={url} />}
    <FormFoot>
      {onAnother && (
        <Button variant="default" onClick={onAnother}>
          Invite another
        </Button>
      )}
      <Button onClick={onClose}>Done</Button>
    </FormFoot>
  </FormStack>
);

const ClaimNote = ({ claimed }: { claimed: Claimed }) => (
  <Note>
    The person who accepts claims <strong>{claimed.name}</strong>, with its API key, balance, rule and log, as{' '}
    {claimed.role === 'owner' ? 'an owner' : 'a member'}.
  </Note>
);

const InviteeFields = ({ form }: { form: Pick<ReturnType<typeof useCommandForm<Typed, object>>, 'field'> }) => (
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

/** Returns the function that parses the fields of an invitation. */
function useReadInvitation(claimed: Claimed | null) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const { readRule } = useTypedRule();
  return ({ email, name, role, withRule, ...texts }: Typed) => {
    const typed = readTyped(texts.credit, currency, locale);
    const credit = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
    const rule = readRule(texts.rule);
    const isReady = !('problem' in typed) && (claimed !== null || !withRule || rule.input !== null);
    const offer = {
      ...filled({ name: name.trim() }),
      role,
      ...(withRule && rule.input !== null && { recharge: rule.input }),
    };
    const input = {
      email: email.trim(),
      ...(credit !== null && { credit: printAmount(credit) }),
      ...(claimed ? { memberId: claimed.id } : offer),
    };
    return { credit, rule, isReady, input: isReady ? input : null };
  };
}
