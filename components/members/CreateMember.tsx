'use client';

import { useMutation } from '@tanstack/react-query';
import { toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { NewKey } from '@/components/api-keys/NewKey';
import { OptionalRule } from '@/components/auto-recharge/RuleFields';
import { NESTED_RULE_FIELDS, NO_RULE } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import { useMoneyTexts } from '@/components/transfers/useMoneyTexts';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { formatMoney } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';
import { IdentityFields, StartingCredit, type NewMember } from './NewMemberFields';
import { useReadMember } from './useReadMember';

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
