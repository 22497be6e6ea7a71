'use client';

import { Button, Checkbox, Collapse, Group, Radio, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { printAmount, toMicros, type Micros } from '@/server/domain/core/money';
import { isUnanswered, problemOf, sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/ui/form/form.module.css';
import { RuleFields, useRule } from '@/components/auto-recharge/RuleFields';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { AmountField, useTyped } from '@/components/ui/money/AmountField';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { LinkToShare } from './LinkToShare';

type Props = { claimed: Claimed | null; onClose: () => void };

/** Invites someone by email, if email is set up, and by a link to share. */
export function Invite({ claimed, onClose }: Props) {
  const form = useInviteForm(claimed);
  const invite = useMutation(useTRPC().invitations.createInvitation.mutationOptions());
  const another = () => {
    form.reset();
    invite.reset();
  };
  if (invite.data) return <Invited {...invite.data} onAnother={claimed ? null : another} onClose={onClose} />;
  const problem = invite.isPending ? undefined : problemOf(invite.error);
  const errorOf = (field: string) => problem?.errors?.find(({ pointer }) => pointer === `/${field}`)?.detail;
  const isOfEmail = problem && ['already_member', 'invitation_pending'].includes(problem.code);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (form.input !== null && !invite.isPending) invite.mutate(form.input);
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextInput
        label="Email"
        type="email"
        value={form.email}
        onChange={(event) => form.setEmail(event.currentTarget.value)}
        error={errorOf('email') ?? (isOfEmail ? sayProblem(invite.error) : undefined)}
        autoComplete="off"
        required
        withAsterisk={false}
        data-autofocus
      />
      {claimed ? <ClaimNote claimed={claimed} /> : <InviteeFields form={form} error={errorOf('name')} />}
      <Credit form={form} />
      {!claimed && <Rule form={form} />}
      {invite.isPending && invite.failureCount > 0 && isUnanswered(invite.failureReason) && (
        <Note alert>Still waiting. We’re retrying safely; nobody is invited twice.</Note>
      )}
      {problem && !isOfEmail && !problem.errors?.length && (
        <Note tone="bad" alert>
          {sayProblem(invite.error)}
        </Note>
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={form.input === null} loading={invite.isPending}>
          Invite
        </Button>
      </div>
    </form>
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
  <div className={styles.form}>
    <p>
      {delivery === 'none' ? 'Invitation created for ' : 'Invitation emailed to '} <strong>{email}</strong> (expires in
      7 days).{delivery === 'none' && ' Email isn’t set up; share the link yourself.'}
    </p>
    {url && <LinkToShare url={url} />}
    <div className={styles.foot}>
      {onAnother && (
        <Button variant="default" onClick={onAnother}>
          Invite another
        </Button>
      )}
      <Button onClick={onClose}>Done</Button>
    </div>
  </div>
);

const ClaimNote = ({ claimed }: { claimed: Claimed }) => (
  <Note>
    The person who accepts claims <strong>{claimed.name}</strong>, with its API key, balance, rule and log, as{' '}
    {claimed.role === 'owner' ? 'an owner' : 'a member'}.
  </Note>
);

function Credit({ form }: { form: Form }) {
  const { currency } = useShell().team;
  return (
    <>
      <AmountField
        label="Starting credit"
        value={form.credit}
        onChange={form.setCredit}
        currency={currency}
        description="Optional. Taken from the master balance on acceptance."
      />
      <TooMuch amount={form.amount} />
    </>
  );
}

function Rule({ form }: { form: Form }) {
  const { currency } = useShell().team;
  return (
    <>
      <Checkbox
        label="Add auto-recharge"
        checked={form.withRule}
        onChange={(event) => form.setWithRule(event.currentTarget.checked)}
      />
      <Collapse expanded={form.withRule}>
        {form.withRule && <RuleFields rule={form.rule} currency={currency} />}
      </Collapse>
    </>
  );
}

type Form = ReturnType<typeof useInviteForm>;

const InviteeFields = ({ form, error }: { form: Form; error: string | undefined }) => (
  <>
    <TextInput
      label="Name"
      placeholder="Leave blank to let them choose"
      value={form.name}
      onChange={(event) => form.setName(event.currentTarget.value)}
      error={error}
      autoComplete="off"
    />
    <Radio.Group label="Role" value={form.role} onChange={form.setRole}>
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

function useInviteForm(claimed: Claimed | null) {
  const { currency } = useShell().team;
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<'owner' | 'member'>('member');
  const [credit, setCredit] = useState('');
  const [withRule, setWithRule] = useState(false);
  const typed = useTyped(credit, currency);
  const amount = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
  const rule = useRule(null, { credit: amount, role });
  const isComplete = email.trim() !== '' && !('problem' in typed) && (claimed || !withRule || rule.input !== null);
  const input = isComplete
    ? {
        email: email.trim(),
        ...(amount !== null && { credit: printAmount(amount) }),
        ...(claimed
          ? { memberId: claimed.id }
          : {
              ...(name.trim() && { name: name.trim() }),
              role,
              ...(withRule && rule.input !== null && { recharge: rule.input }),
            }),
      }
    : null;
  const reset = () => {
    setEmail('');
    setName('');
  };
  return {
    email,
    setEmail,
    name,
    setName,
    role,
    setRole,
    credit,
    setCredit,
    withRule,
    setWithRule,
    rule,
    amount,
    input,
    reset,
  };
}

/** The member that an invitation offers to claim. */
export type Claimed = { id: string; name: string; role: 'owner' | 'member' };
