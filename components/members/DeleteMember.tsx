'use client';

import { useRemoveMember } from './useRemoveMember';
import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { toMicros } from '@/server/domain/core/money';
import { RESTORABLE_MS } from '@/server/domain/teams/members/rules';
import { useTRPC } from '@/components/data';
import { useMoneyTexts } from '@/components/transfers/useMoneyTexts';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { Money } from '@/components/ui/money/Money';
import { Facts } from '@/components/ui/pieces';
import type { Target } from './member';

/**
 * Above this balance, 100 units of the team's currency in micros, the member's name must be typed to confirm a
 * deletion.
 */
const NAME_IS_TYPED_ABOVE = 100_000_000n;
const RESTORABLE_DAYS = RESTORABLE_MS / 86_400_000;

/**
 * Deletes a member after explaining what happens to its balance, API key, rule and log, and until when it can be
 * restored.
 */
export function DeleteMember({ member, onClose }: { member: Target; onClose: () => void }) {
  const { currency } = useShell().team;
  const trpc = useTRPC();
  const fresh = useQuery(trpc.members.getMemberRow.queryOptions({ memberId: member.id }, { staleTime: 0 })).data;
  const balance = toMicros((fresh ?? member).balance);
  const isLarge = balance > NAME_IS_TYPED_ABOVE;
  const isSure = (typed: string) => !isLarge || typed.trim() === member.name.trim();
  const form = useCommandForm({
    initial: { typed: '' },
    command: useRemoveMember(onClose),
    inputOf: ({ typed }) => (isSure(typed) ? { memberId: member.id } : null),
    ...useMoneyTexts(),
  });
  return (
    <Form form={form} submit="Delete member" isDangerous isReady={isSure(form.values.typed)} onCancel={onClose}>
      <Facts
        of={[
          [
            'Balance',
            <span key="b">
              <Money amount={balance} currency={currency} decimals="all" /> returns to the master balance
            </span>,
          ],
          ['API key', 'stops working immediately'],
          ['Auto-recharge', 'turned off; settings kept'],
          ['Messages, transfers', 'kept in the log and the ledger'],
          ['Restore', `for ${RESTORABLE_DAYS} days, until ${until()}; the balance isn’t restored`],
        ]}
      />
      {isLarge && (
        <TextInput
          label={`Type “${member.name}” to confirm`}
          {...form.field('typed')}
          autoComplete="off"
          data-autofocus
        />
      )}
    </Form>
  );
}

const until = (): string =>
  new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.now() + RESTORABLE_MS);
