'use client';

import { TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import styles from '@/components/members/members.module.css';
import { useShell } from '@/components/layout/useShell';
import { asTyped } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { CopyIconButton } from '@/components/ui/Copy';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Money } from '@/components/ui/money/Money';
import { Card, Facts } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { CurrencyField } from './CurrencyField';
import { useReadAmount } from './useReadAmount';

type Team = inferOutput<ReturnType<typeof useTRPC>['team']['getTeam']>;

/** The team's name, currency, default sender and reserve. */
export function GeneralSettings() {
  const team = useSuspenseQuery(useTRPC().team.getTeam.queryOptions()).data;
  return (
    <div className={styles.stack}>
      <Card title="Team">
        <TeamForm team={team} />
      </Card>
      <Card title="Master reserve">
        <ReserveForm team={team} />
      </Card>
    </div>
  );
}

const sayItIsSaved = () => toast({ message: 'Saved.' });

const useSave = () => useMutation(useTRPC().team.updateTeam.mutationOptions({ onSuccess: sayItIsSaved }));

function TeamForm({ team }: { team: Team }) {
  const { isCurrencyFixed } = useShell().team;
  const form = useCommandForm({
    initial: { name: team.name, currency: team.currency, defaultSender: team.defaultSender ?? '' },
    command: useSave(),
    inputOf: (typed) => {
      const [name, defaultSender] = [typed.name.trim(), typed.defaultSender.trim()];
      return {
        ...(typed.name !== team.name && { name }),
        ...(typed.currency !== team.currency && { currency: typed.currency }),
        ...(typed.defaultSender !== (team.defaultSender ?? '') && { defaultSender: defaultSender || null }),
      };
    },
    check: ({ name }) => ({ name: name.trim() === '' ? 'Enter a name.' : undefined }),
    named: { currency_fixed: 'currency' },
    draft: 'team',
    stays: true,
  });
  return (
    <Form form={form} submit="Save" needsChange>
      <TextInput label="Name" {...form.field('name')} />
      <CurrencyField {...form.field('currency')} isFixed={isCurrencyFixed} />
      <TextInput
        label="Default sender"
        description="Used when a message has no sender. 1 to 11 letters, digits and spaces, or a number. Leave blank to require one."
        {...form.field('defaultSender')}
      />
      <Facts
        of={[
          ['Address', <code key="slug">/{team.slug}</code>],
          [
            'Team ID',
            <span key="id">
              <code>{team.id}</code> <CopyIconButton text={team.id} label="Copy team ID" />
            </span>,
          ],
        ]}
      />
    </Form>
  );
}

function ReserveForm({ team }: { team: Team }) {
  const { locale } = useLocale();
  const readAmount = useReadAmount(team.currency);
  const readReserve = (text: string) => {
    const reserve = readAmount(text);
    return reserve === null ? 0n : reserve;
  };
  const form = useCommandForm({
    initial: { reserve: asTyped(toMicros(team.reserve), team.currency, locale) },
    command: useSave(),
    inputOf: (typed) => {
      const reserve = readReserve(typed.reserve);
      return reserve === undefined ? null : { reserve: printAmount(reserve) };
    },
    draft: 'reserve',
    stays: true,
  });
  const reserve = readReserve(form.values.reserve);
  const master = toMicros(team.masterBalance);
  const free = master - (reserve ?? toMicros(team.reserve));
  return (
    <Form form={form} submit="Save" needsChange isReady={reserve !== undefined}>
      <p className="muted">Minimum kept back from auto-recharge. Manual credits and owner messages can still use it.</p>
      <AmountField label="Reserve" currency={team.currency} {...form.field('reserve')} />
      <p aria-live="polite">
        <Money amount={free > 0n ? free : 0n} currency={team.currency} /> of{' '}
        <Money amount={master} currency={team.currency} /> available for auto-recharge.
      </p>
    </Form>
  );
}
