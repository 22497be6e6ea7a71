'use client';

import { Checkbox, Group, Radio, TextInput } from '@mantine/core';
import { toMicros, type Micros } from '@/server/domain/core/money';
import type { TypedRule } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import type { useCommandForm } from '@/components/ui/form/useCommandForm';
import { AmountField } from '@/components/ui/money/AmountField';
import { BalancePreview } from '@/components/ui/money/BalancePreview';

/** A member as it is typed. */
export type NewMember = {
  name: string;
  email: string;
  role: 'owner' | 'member';
  signIn: boolean;
  credit: string;
  withRule: boolean;
  rule: TypedRule;
};

type Props = {
  form: Pick<ReturnType<typeof useCommandForm<NewMember, object>>, 'values' | 'field' | 'checkbox' | 'errorAt'>;
};

/** The fields for name, address, role and sign-in. */
export function IdentityFields({ form }: Props) {
  const hasEmail = form.values.email.trim() !== '';
  const signIn = form.checkbox('signIn');
  return (
    <>
      <TextInput label="Name" placeholder="Leave blank to generate" {...form.field('name')} data-autofocus />
      <TextInput
        label="Email"
        type="email"
        placeholder="Leave blank to generate (receives no email)"
        {...form.field('email')}
      />
      <Radio.Group label="Role" {...form.field('role')}>
        <Group mt="xs">
          <Radio value="member" label="Member" />
          <Radio value="owner" label="Owner" />
        </Group>
      </Radio.Group>
      <Checkbox
        label="Allow sign-in"
        description={
          hasEmail
            ? 'Only for generated addresses. People with a real email set their own password from the invitation.'
            : 'We’ll generate a password and show it once with the API key.'
        }
        {...signIn}
        checked={signIn.checked && !hasEmail}
        disabled={hasEmail}
      />
    </>
  );
}

/** The field for the starting credit, with the balances after it. */
export function StartingCredit({ form, credit, short }: Props & { credit: Micros | null; short: string | undefined }) {
  const { currency, masterBalance } = useShell().team;
  const before = toMicros(masterBalance ?? '0.00');
  return (
    <>
      <AmountField
        label="Starting credit"
        {...form.field('credit')}
        currency={currency}
        description="Optional. Taken from the master balance."
        error={short ?? form.errorAt('credit')}
      />
      {credit !== null && (
        <BalancePreview
          currency={currency}
          lines={[
            { label: 'Master balance', before, after: before - credit },
            { label: 'New member', before: 0n, after: credit },
          ]}
        />
      )}
    </>
  );
}
