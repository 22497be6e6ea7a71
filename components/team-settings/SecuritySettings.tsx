'use client';

import { Checkbox, TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import styles from '@/components/members/members.module.css';
import { useShell } from '@/components/layout/useShell';
import { asTyped } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { Card, Note } from '@/components/ui/pieces';
import { useDraft } from '@/components/ui/useDraft';
import { useLocale } from '@/components/ui/useLocale';
import { savingOf, sayItIsSaved, SettingsForm, useAmount } from './SettingsForm';
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

function useSave(onSaved: () => void) {
  const save = useMutation(useTRPC().team.updateSettings.mutationOptions({ onSuccess: () => sayItIsSaved(onSaved) }));
  return { ...savingOf(save), save: save.mutate };
}

function ReauthenticationForm({ settings }: { settings: Settings }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const draft = useDraft({
    on: settings.requireReauthentication ? 'on' : '',
    above:
      settings.reauthenticateAbove === null ? '' : asTyped(toMicros(settings.reauthenticateAbove), currency, locale),
  });
  const saving = useSave(draft.reset);
  const isOn = draft.valueOf('on') === 'on';
  const above = useAmount(draft.valueOf('above'), currency);
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={above !== undefined}
      onSave={() => {
        if (above === undefined) return;
        const reauthenticateAbove = above === null ? null : printAmount(above);
        saving.save({ requireReauthentication: isOn, reauthenticateAbove });
      }}
    >
      <Checkbox
        label="Require re-authentication before sensitive actions"
        description="Revealing or rotating API keys, creating or inviting owners, changing roles, deleting members, and this setting. Valid for 10 minutes."
        checked={isOn}
        onChange={(event) => draft.set('on', event.currentTarget.checked ? 'on' : '')}
      />
      {isOn && (
        <AmountField
          label="Also for debits above"
          description="Leave blank to exclude debits."
          currency={currency}
          value={draft.valueOf('above')}
          onChange={(text) => draft.set('above', text)}
          error={saving.errorAt('reauthenticateAbove')}
        />
      )}
      <p className="muted">Applies to the console only. API keys are not affected.</p>
    </SettingsForm>
  );
}

const DAYS = /^[1-9][0-9]{0,3}$/;

function RetentionForm({ settings }: { settings: Settings }) {
  const { textRetentionDays: known } = settings;
  const draft = useDraft({ days: known === null ? '' : String(known) });
  const saving = useSave(draft.reset);
  const text = draft.valueOf('days').trim();
  const days = text === '' ? null : Number(text);
  const isValid = days === null || (DAYS.test(text) && days <= TEXT_RETENTION_DAYS_MAX);
  const isShorter = isValid && days !== null && (known === null || days < known);
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={isValid}
      onSave={() => saving.save({ textRetentionDays: days })}
    >
      <p className="muted">
        Delete message text after N days. The time, recipient, delivery status and cost stay in the log; statistics and
        balances don’t change.
      </p>
      <TextInput
        label="Delete text after (days)"
        description="Leave blank to keep text as long as the log."
        inputMode="numeric"
        autoComplete="off"
        value={draft.valueOf('days')}
        onChange={(event) => draft.set('days', event.currentTarget.value)}
        error={saving.errorAt('textRetentionDays') ?? (isValid ? undefined : `Enter 1 to ${TEXT_RETENTION_DAYS_MAX}.`)}
      />
      {isShorter && <Note tone="warn">Older text is permanently deleted tonight.</Note>}
    </SettingsForm>
  );
}
