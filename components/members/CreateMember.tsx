'use client';

import { Button, Checkbox, Collapse, Radio, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { problemOf, useTRPC } from '@/components/data';
import { NewKey } from '@/components/api-keys/NewKey';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { MoneyNote } from '@/components/transfers/MoneyNote';
import styles from '@/components/ui/form/form.module.css';
import { RuleFields, useRule } from '@/components/auto-recharge/RuleFields';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { AmountField, useTyped } from '@/components/ui/money/AmountField';
import { useLocale } from '@/components/ui/useLocale';

/** Creates an active member; empty fields are generated. The API key is shown once. */
export function CreateMember({ onClose }: { onClose: () => void }) {
  const form = useCreateForm();
  const create = useMutation(useTRPC().members.createMember.mutationOptions({ gcTime: 0 }));
  const { currency } = useShell().team;
  const { locale } = useLocale();
  if (create.data) {
    const { member, secrets } = create.data;
    const isEmpty = member.role === 'member' && toMicros(member.balance) === 0n;
    return (
      <NewKey
        apiKey={secrets.apiKey}
        password={secrets.password}
        email={member.email}
        empty={isEmpty ? formatMoney(0n, currency, locale) : undefined}
        onClose={onClose}
      />
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (form.input !== null && !create.isPending) create.mutate(form.input);
  };
  const problem = create.isPending ? undefined : problemOf(create.error);
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <IdentityFields form={form} problem={problem} />
      <Credit form={form} />
      <Checkbox
        label="Add auto-recharge"
        checked={form.withRule}
        onChange={(event) => form.setWithRule(event.currentTarget.checked)}
      />
      <Collapse expanded={form.withRule}>
        {form.withRule && <RuleFields rule={form.rule} currency={currency} />}
      </Collapse>
      {problem?.code !== 'email_taken' && !problem?.errors?.length && (
        <MoneyNote mutation={create} currency={currency} />
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={form.input === null} loading={create.isPending}>
          Create member
        </Button>
      </div>
    </form>
  );
}

type Form = ReturnType<typeof useCreateForm>;

/** The fields for name, address, role and sign-in. */
function IdentityFields({ form, problem }: { form: Form; problem: ReturnType<typeof problemOf> }) {
  const errorOf = (field: string) => problem?.errors?.find(({ pointer }) => pointer === `/${field}`)?.detail;
  return (
    <>
      <TextInput
        label="Name"
        placeholder="Leave blank to generate"
        value={form.name}
        onChange={(event) => form.setName(event.currentTarget.value)}
        error={errorOf('name')}
        data-autofocus
      />
      <TextInput
        label="Email"
        type="email"
        placeholder="Leave blank to generate (receives no email)"
        value={form.email}
        onChange={(event) => form.setEmail(event.currentTarget.value)}
        error={errorOf('email') ?? (problem?.code === 'email_taken' ? `${problem.title}.` : undefined)}
      />
      <Radio.Group label="Role" value={form.role} onChange={form.setRole}>
        <Group mt="xs">
          <Radio value="member" label="Member" />
          <Radio value="owner" label="Owner" />
        </Group>
      </Radio.Group>
      <Checkbox
        label="Allow sign-in"
        description={
          form.email.trim()
            ? 'Only for generated addresses. People with a real email set their own password from the invitation.'
            : 'We’ll generate a password and show it once with the API key.'
        }
        checked={form.signIn && !form.email.trim()}
        disabled={form.email.trim() !== ''}
        onChange={(event) => form.setSignIn(event.currentTarget.checked)}
      />
    </>
  );
}

/** The field for the starting credit. */
function Credit({ form }: { form: Form }) {
  const { currency, masterBalance } = useShell().team;
  const master = toMicros(masterBalance ?? '0.00');
  return (
    <>
      <AmountField
        label="Starting credit"
        value={form.credit}
        onChange={form.setCredit}
        currency={currency}
        description="Optional. Taken from the master balance."
        error={form.short}
      />
      {form.amount !== null && (
        <BalancePreview
          currency={currency}
          lines={[
            { label: 'Master balance', before: master, after: master - form.amount },
            { label: 'New member', before: 0n, after: form.amount },
          ]}
        />
      )}
    </>
  );
}

function useCreateForm() {
  const { currency, masterBalance } = useShell().team;
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<'owner' | 'member'>('member');
  const [signIn, setSignIn] = useState(false);
  const [credit, setCredit] = useState('');
  const [withRule, setWithRule] = useState(false);
  const typed = useTyped(credit, currency);
  const amount = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
  const rule = useRule(null, { credit: amount, role });
  const short = amount !== null && toMicros(masterBalance ?? '0.00') < amount ? 'Master balance too low.' : undefined;
  const isComplete = !('problem' in typed) && short === undefined && (!withRule || rule.input !== null);
  const input = isComplete
    ? {
        ...(name.trim() && { name: name.trim() }),
        ...(email.trim() && { email: email.trim() }),
        role,
        ...(signIn && !email.trim() && { generatePassword: true }),
        ...(amount !== null && { credit: printAmount(amount) }),
        ...(withRule && rule.input !== null && { recharge: rule.input }),
      }
    : null;
  return {
    name,
    setName,
    email,
    setEmail,
    role,
    setRole,
    signIn,
    setSignIn,
    credit,
    setCredit,
    withRule,
    setWithRule,
    amount,
    short,
    rule,
    input,
  };
}
