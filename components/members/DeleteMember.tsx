'use client';

import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { sayProblem, useTRPC, useTRPCClient } from '@/components/data';
import { MoneyNote } from '@/components/transfers/MoneyNote';
import styles from '@/components/ui/form/form.module.css';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Facts } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import type { Target } from './member';

/**
 * Above this balance, 100 units of the team's currency in micros, the member's name must be typed to confirm a
 * deletion.
 */
const NAME_IS_TYPED_ABOVE = 100_000_000n;
const RESTORABLE_DAYS = 14;

/**
 * Deletes a member after explaining what happens to its balance, API key, rule and log, and until when it can be
 * restored.
 */
export function DeleteMember({ member, onClose }: { member: Target; onClose: () => void }) {
  const { currency } = useShell().team;
  const [typed, setTyped] = useState('');
  const trpc = useTRPC();
  const fresh = useQuery(trpc.members.getMemberRow.queryOptions({ memberId: member.id }, { staleTime: 0 })).data;
  const balance = toMicros((fresh ?? member).balance);
  const remove = useRemove(onClose);
  const isLarge = balance > NAME_IS_TYPED_ABOVE;
  const isSure = !isLarge || typed.trim() === member.name.trim();
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (isSure && !remove.isPending) remove.mutate({ memberId: member.id });
      }}
    >
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
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
      )}
      <MoneyNote mutation={remove} currency={currency} />
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" color="red" disabled={!isSure} loading={remove.isPending}>
          Delete member
        </Button>
      </div>
    </form>
  );
}

const until = (): string =>
  new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' }).format(
    Date.now() + RESTORABLE_DAYS * 24 * 3_600_000,
  );

function useRemove(onClose: () => void) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const cache = useQueryClient();
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const restore = (memberId: string) =>
    void client.members.restoreMember
      .mutate({ memberId })
      .then(() => cache.invalidateQueries())
      .catch((error: unknown) => toast({ message: sayProblem(error), tone: 'bad' }));
  return useMutation(
    trpc.members.deleteMember.mutationOptions({
      onSuccess: ({ member, returned }) => {
        toast({
          message: `${member.name} deleted. ${formatMoney(toMicros(returned), currency, locale)} returned to the master balance.`,
          undo: () => restore(member.id),
        });
        onClose();
      },
    }),
  );
}
