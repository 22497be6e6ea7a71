'use client';

import { Checkbox, TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import styles from '@/components/members/members.module.css';
import { useShell } from '@/components/layout/useShell';
import { asTyped } from '@/components/ui/money/format';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { AmountField } from '@/components/ui/money/AmountField';
import { Card, Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { useReadAmount } from './useReadAmount';
import { TEXT_RETENTION_DAYS_MAX } from '@/server/domain/core/limits';

type Settings = inferOutput<ReturnType<typeof useTRPC>['team']['getSettings']>;

/** The team's settings for reauthentication and text retention. */
export function SecuritySettings() {
  const settings = useSuspenseQuery(useTRPC().team.getSettings.queryOptions()).data;
  return (
    <div className={styles.stack}>
      <Card title="Re-authentication">
        <ReauthenticationForm settings={settings} />
      </Card>
      <Card title="Message texts">
        <RetentionForm settings={settings} />
      </Card>
    </div>
  );
}

const sayItIsSaved = () => toast({ message: 'Saved.' });

const useSave = () => useMutation(useTRPC().team.updateSettings.mutationOptions({ onSuccess: sayItIsSaved }));

function ReauthenticationForm({ settings }: { settings: Settings }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const readAmount = useReadAmount(currency);
  const { requireReauthentication, reauthenticateAbove } = settings;
  const form = useCommandForm({
    initial: {
      isOn: requireReauthentication,
      above: reauthenticateAbove === null ? '' : asTyped(toMicros(reauthenticateAbove), currency, locale),
    },
    command: useSave(),
    inputOf: ({ isOn, ...typed }) => {
      const above = readAmount(typed.above);
      if (above === undefined) return null;
      return { requireReauthentication: isOn, reauthenticateAbove: above === null ? null : printAmount(above) };
    },
    named: { '/requireReauthentication': 'isOn', '/reauthenticateAbove': 'above' },
    draft: 'reauthentication',
    stays: true,
  });
  return (
    <Form form={form} submit="Save" needsChange isReady={readAmount(form.values.above) !== undefined}>
      <Checkbox
        label="Require re-authentication before sensitive actions"
        description="Revealing or rotating API keys, creating or inviting owners, changing roles, deleting members, and this setting. Valid for 10 minutes."
        {...form.checkbox('isOn')}
      />
      {form.values.isOn && (
        <AmountField
          label="Also for debits above"
          description="Leave blank to exclude debits."
          currency={currency}
          {...form.field('above')}
        />
      )}
      <p className="muted">Applies to the console only. API keys are not affected.</p>
    </Form>
  );
}

const DAYS = /^[1-9][0-9]{0,3}$/;

/** Parses a number of days: undefined if it is not valid, null if the field is empty. */
function readDays(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === '') return null;
  return DAYS.test(typed) && Number(typed) <= TEXT_RETENTION_DAYS_MAX ? Number(typed) : undefined;
}

function RetentionForm({ settings }: { settings: Settings }) {
  const { textRetentionDays: known } = settings;
  const form = useCommandForm({
    initial: { days: known === null ? '' : String(known) },
    command: useSave(),
    inputOf: (typed) => {
      const days = readDays(typed.days);
      return days === undefined ? null : { textRetentionDays: days };
    },
    named: { '/textRetentionDays': 'days' },
    draft: 'retention',
    stays: true,
  });
  const days = readDays(form.values.days);
  const isShorter = typeof days === 'number' && (known === null || days < known);
  return (
    <Form form={form} submit="Save" needsChange isReady={days !== undefined}>
      <p className="muted">
        Delete message text after N days. The time, recipient, delivery status and cost stay in the log; statistics and
        balances don’t change.
      </p>
      <TextInput
        label="Delete text after (days)"
        description="Leave blank to keep text as long as the log."
        inputMode="numeric"
        autoComplete="off"
        {...form.field('days')}
        error={form.errorAt('days') ?? (days === undefined ? `Enter 1 to ${TEXT_RETENTION_DAYS_MAX}.` : undefined)}
      />
      {isShorter && <Note tone="warn">Older text is permanently deleted tonight.</Note>}
    </Form>
  );
}
