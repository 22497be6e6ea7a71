'use client';

import { Group, Radio, TextInput } from '@mantine/core';
import { toMicros, type Micros } from '@/server/domain/core/money';
import { useShell } from '@/components/layout/useShell';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { formatMoney } from '@/components/ui/money/format';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { type Claimed, type TypedInvitation } from './useReadInvitation';

/** Says what the person who accepts will get. */
export const ClaimNote = ({ claimed }: { claimed: Claimed }) => (
  <Note>
    The person who accepts claims <strong>{claimed.name}</strong>, with its API key, balance, rule and log, as{' '}
    {claimed.role === 'owner' ? 'an owner' : 'a member'}.
  </Note>
);

/** The name and the role of a person who is not a member yet. */
export const InviteeFields = ({
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
export function CreditWarning({ amount }: { amount: Micros | null }) {
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
