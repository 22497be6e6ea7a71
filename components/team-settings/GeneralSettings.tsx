'use client';

import { TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { problemOf, useTRPC } from '@/components/data';
import styles from '@/components/members/members.module.css';
import { useShell } from '@/components/layout/useShell';
import { asTyped } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { CopyIconButton } from '@/components/ui/Copy';
import { Money } from '@/components/ui/money/Money';
import { Card, Facts } from '@/components/ui/pieces';
import { useDraft } from '@/components/ui/useDraft';
import { useLocale } from '@/components/ui/useLocale';
import { CurrencyField } from './CurrencyField';
import { savingOf, sayItIsSaved, SettingsForm, useAmount } from './SettingsForm';

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

/** Saves some of the settings; returns errors by field. */
function useSave(onSaved: () => void) {
  const save = useMutation(useTRPC().team.updateTeam.mutationOptions({ onSuccess: () => sayItIsSaved(onSaved) }));
  const problem = problemOf(save.error);
  const known = problem?.code === 'currency_fixed' ? { currency: `${problem.title}.` } : undefined;
  return { ...savingOf(save, known), save: save.mutate };
}

function TeamForm({ team }: { team: Team }) {
  const draft = useDraft({ name: team.name, currency: team.currency, defaultSender: team.defaultSender ?? '' });
  const saving = useSave(draft.reset);
  const { isCurrencyFixed } = useShell().team;
  const { changed, valueOf } = draft;
  const onSave = () =>
    saving.save({
      ...(changed.includes('name') && { name: valueOf('name').trim() }),
      ...(changed.includes('currency') && { currency: valueOf('currency') }),
      ...(changed.includes('defaultSender') && { defaultSender: valueOf('defaultSender').trim() || null }),
    });
  return (
    <SettingsForm saving={saving} isDirty={changed.length > 0} isValid={valueOf('name').trim() !== ''} onSave={onSave}>
      <TextInput
        label="Name"
        value={valueOf('name')}
        onChange={(event) => draft.set('name', event.currentTarget.value)}
        error={saving.errorAt('name')}
      />
      <CurrencyField
        value={valueOf('currency')}
        onChange={(currency) => draft.set('currency', currency)}
        isFixed={isCurrencyFixed}
        error={saving.errorAt('currency')}
      />
      <TextInput
        label="Default sender"
        description="Used when a message has no sender. 1 to 11 letters, digits and spaces, or a number. Leave blank to require one."
        value={valueOf('defaultSender')}
        onChange={(event) => draft.set('defaultSender', event.currentTarget.value)}
        error={saving.errorAt('defaultSender')}
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
    </SettingsForm>
  );
}

function ReserveForm({ team }: { team: Team }) {
  const { locale } = useLocale();
  const draft = useDraft({ reserve: asTyped(toMicros(team.reserve), team.currency, locale) });
  const saving = useSave(draft.reset);
  const typed = useAmount(draft.valueOf('reserve'), team.currency);
  const reserve = typed === null ? 0n : typed;
  const master = toMicros(team.masterBalance);
  const free = master - (reserve ?? toMicros(team.reserve));
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={reserve !== undefined}
      onSave={() => reserve !== undefined && saving.save({ reserve: printAmount(reserve) })}
    >
      <p className="muted">Minimum kept back from auto-recharge. Manual credits and owner messages can still use it.</p>
      <AmountField
        label="Reserve"
        currency={team.currency}
        value={draft.valueOf('reserve')}
        onChange={(text) => draft.set('reserve', text)}
        error={saving.errorAt('reserve')}
      />
      <p aria-live="polite">
        <Money amount={free > 0n ? free : 0n} currency={team.currency} /> of{' '}
        <Money amount={master} currency={team.currency} /> available for auto-recharge.
      </p>
    </SettingsForm>
  );
}
