'use client';

import { Checkbox, TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { useTRPC } from '@/components/data';
import styles from '@/components/members/members.module.css';
import { useShell } from '@/components/layout/useShell';
import { asTyped } from '@/components/ui/amount';
import { AmountField } from '@/components/ui/AmountField';
import { Card, Note } from '@/components/ui/pieces';
import { useDraft } from '@/components/ui/useDraft';
import { useLocale } from '@/components/ui/useLocale';
import { savingOf, sayItIsSaved, SettingsForm, useAmount } from './SettingsForm';
import { TEXT_RETENTION_DAYS_MAX } from '@/server/domain/core/limits';

type Settings = inferOutput<ReturnType<typeof useTRPC>['team']['getSettings']>;

/** When people are asked again who they are, and how long texts are kept. */
export function SecuritySettings() {
  const settings = useSuspenseQuery(useTRPC().team.getSettings.queryOptions()).data;
  return (
    <div className={styles.stack}>
      <Card title="Ask again">
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
    above: settings.reauthenticateAbove === null ? '' : asTyped(settings.reauthenticateAbove, currency, locale),
  });
  const saving = useSave(draft.reset);
  const isOn = draft.valueOf('on') === 'on';
  const above = useAmount(draft.valueOf('above'), currency);
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={above !== undefined}
      onSave={() => above !== undefined && saving.save({ requireReauthentication: isOn, reauthenticateAbove: above })}
    >
      <Checkbox
        label="Ask for the password again before what cannot easily be undone"
        description="Showing or rotating a key, making or inviting an owner, changing a role, deleting a member, and this setting. Whoever has proved it in the last ten minutes is not asked."
        checked={isOn}
        onChange={(event) => draft.set('on', event.currentTarget.checked ? 'on' : '')}
      />
      {isOn && (
        <AmountField
          label="And before a debit above"
          description="Empty: debits do not ask."
          currency={currency}
          value={draft.valueOf('above')}
          onChange={(text) => draft.set('above', text)}
          error={saving.errorAt('reauthenticateAbove')}
        />
      )}
      <p className="muted">Only people on these pages are asked: an API key is its own proof.</p>
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
        After so many days the text of a message is removed, each night. When it was sent, to whom, what became of it
        and what it cost stay in the log; statistics and balances do not change.
      </p>
      <TextInput
        label="Remove texts after (days)"
        description="Empty: texts are kept as long as the log."
        inputMode="numeric"
        autoComplete="off"
        value={draft.valueOf('days')}
        onChange={(event) => draft.set('days', event.currentTarget.value)}
        error={saving.errorAt('textRetentionDays') ?? (isValid ? undefined : `From 1 to ${TEXT_RETENTION_DAYS_MAX}.`)}
      />
      {isShorter && <Note tone="warn">Older texts are removed the next night, for good.</Note>}
    </SettingsForm>
  );
}
