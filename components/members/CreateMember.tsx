'use client';

import { useMutation } from '@tanstack/react-query';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { NewKey } from '@/components/api-keys/NewKey';
import { OptionalRule } from '@/components/auto-recharge/RuleFields';
import { NESTED_RULE_FIELDS, NO_RULE, useTypedRule } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import { useMoneyTexts } from '@/components/transfers/useMoneyTexts';
import { Form } from '@/components/ui/form/Form';
import { filled, useCommandForm } from '@/components/ui/form/useCommandForm';
import { formatMoney, readTyped } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';
import { IdentityFields, StartingCredit, type NewMember } from './NewMemberFields';

const EMPTY: NewMember = {
  name: '',
  email: '',
  role: 'member',
  signIn: false,
  credit: '',
  withRule: false,
  rule: NO_RULE,
};

/** Creates an active member; empty fields are generated. The API key is shown once. */
export function CreateMember({ onClose }: { onClose: () => void }) {
  const create = useMutation(useTRPC().members.createMember.mutationOptions({ gcTime: 0 }));
  const readMember = useReadMember();
  const form = useCommandForm({
    initial: EMPTY,
    command: create,
    inputOf: (values) => readMember(values).input,
    named: { email_taken: 'email', ...NESTED_RULE_FIELDS },
    draft: 'create member',
    ...useMoneyTexts(),
  });
  if (create.data) return <Created {...create.data} onClose={onClose} />;
  const { input, credit, short, rule } = readMember(form.values);
  const { role } = form.values;
  return (
    <Form form={form} submit="Create member" isReady={input !== null} onCancel={onClose}>
      <IdentityFields form={form} />
      <StartingCredit form={form} credit={credit} short={short} />
      <OptionalRule
        isAdded={form.checkbox('withRule')}
        field={(name) => form.part('rule', name)}
        rule={rule}
        subject={{ credit, role }}
      />
    </Form>
  );
}

type CreatedProps = {
  member: { role: string; balance: string; email: string };
  secrets: { apiKey: string; password?: string | undefined };
  onClose: () => void;
};

function Created({ member, secrets, onClose }: CreatedProps) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const isEmpty = member.role === 'member' && toMicros(member.balance) === 0n;
  const empty = isEmpty ? formatMoney(0n, currency, locale) : undefined;
  return <NewKey {...secrets} email={member.email} empty={empty} onClose={onClose} />;
}

/** Returns the function that parses the fields of a new member. */
function useReadMember() {
  const { currency, masterBalance } = useShell().team;
  const { locale } = useLocale();
  const { readRule } = useTypedRule();
  return (values: NewMember) => {
    const { name, email, role, signIn, withRule } = values;
    const typed = readTyped(values.credit, currency, locale);
    const credit = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
    const isShort = credit !== null && credit > toMicros(masterBalance ?? '0.00');
    const rule = readRule(values.rule);
    const isComplete = !('problem' in typed) && !isShort && (!withRule || rule.input !== null);
    const input = {
      ...filled({ name: name.trim(), email: email.trim() }),
      role,
      ...(signIn && email.trim() === '' && { generatePassword: true }),
      ...(credit !== null && { credit: printAmount(credit) }),
      ...(withRule && rule.input !== null && { recharge: rule.input }),
    };
    return { credit, rule, short: isShort ? 'Master balance too low.' : undefined, input: isComplete ? input : null };
  };
}
