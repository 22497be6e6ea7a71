'use client';

import { Button, Select, TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import type { FormEvent, ReactNode } from 'react';
import { listCurrencies, printAmount } from '@/server/domain/money';
import { problemOf, useTRPC } from '@/components/data';
import styles from '@/components/members/members.module.css';
import moneyStyles from '@/components/money/money.module.css';
import { asTyped, micros, minus } from '@/components/ui/amount';
import { AmountField, useTyped } from '@/components/ui/AmountField';
import { CopyIconButton } from '@/components/ui/Copy';
import { Money } from '@/components/ui/Money';
import { Card, Facts, Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useDraft } from '@/components/ui/useDraft';
import { usePlace } from '@/components/ui/usePlace';
import { useUnsaved } from '@/components/ui/useUnsaved';

type Team = inferOutput<ReturnType<typeof useTRPC>['team']['getTeam']>;

/** The team's name, its currency, and what it keeps back. */
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

/** Saves some of the settings; says what is wrong at the field that it is about. */
export function useSave(onSaved: () => void) {
  const save = useMutation(
    useTRPC().team.updateTeam.mutationOptions({
      onSuccess: () => {
        toast({ message: 'Saved.' });
        onSaved();
      },
    }),
  );
  const problem = save.isPending ? undefined : problemOf(save.error);
  const at = new Map((problem?.errors ?? []).map(({ pointer, detail }) => [pointer.slice(1), detail]));
  if (problem?.code === 'currency_fixed') at.set('currency', `${problem.title}.`);
  return {
    save: save.mutate,
    isPending: save.isPending,
    errorAt: (field: string) => at.get(field),
    /** What is about no field. */
    problem: at.size === 0 ? problem : undefined,
  };
}

export type Saving = Pick<ReturnType<typeof useSave>, 'isPending' | 'problem'>;
type FormProps = { saving: Saving; isDirty: boolean; isValid?: boolean; onSave: () => void; children: ReactNode };

/** A form of the settings: what was changed is saved at once, and not left by mistake. */
export function SettingsForm({ saving, isDirty, isValid = true, onSave, children }: FormProps) {
  useUnsaved(isDirty && !saving.isPending);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isDirty && isValid && !saving.isPending) onSave();
  };
  return (
    <form className={moneyStyles.form} onSubmit={submit} noValidate>
      {children}
      {saving.problem && (
        <Note tone="bad" alert>
          {saving.problem.detail}
        </Note>
      )}
      <div className={moneyStyles.foot}>
        {isDirty && <span className="muted">Not saved yet</span>}
        <Button type="submit" disabled={!isDirty || !isValid} loading={saving.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

function TeamForm({ team }: { team: Team }) {
  const draft = useDraft({ name: team.name, currency: team.currency, defaultSender: team.defaultSender ?? '' });
  const saving = useSave(draft.reset);
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
        error={saving.errorAt('currency')}
      />
      <TextInput
        label="Default sender"
        description="Of a message that names none: 1 to 11 letters, digits and spaces, or a number. Empty: each message names its own."
        value={valueOf('defaultSender')}
        onChange={(event) => draft.set('defaultSender', event.currentTarget.value)}
        error={saving.errorAt('defaultSender')}
      />
      <Facts
        of={[
          ['Address', <code key="slug">/{team.slug}</code>],
          [
            'Team id',
            <span key="id">
              <code>{team.id}</code> <CopyIconButton text={team.id} label="Copy the team’s id" />
            </span>,
          ],
        ]}
      />
    </SettingsForm>
  );
}

type CurrencyProps = { value: string; onChange: (currency: string) => void; error: string | undefined };

function CurrencyField({ value, onChange, error }: CurrencyProps) {
  const { locale } = usePlace();
  const names = new Intl.DisplayNames(locale, { type: 'currency' });
  return (
    <Select
      label="Currency"
      description="All balances and prices are in it. It can be changed until money has moved."
      data={listCurrencies()}
      value={value}
      onChange={(currency) => currency !== null && onChange(currency)}
      searchable
      allowDeselect={false}
      nothingFoundMessage="No currency is called that."
      renderOption={({ option }) => `${option.value} · ${names.of(option.value) ?? ''}`}
      filter={({ options, search }) =>
        options.filter(
          (option) =>
            'value' in option &&
            `${option.value} ${names.of(option.value) ?? ''}`.toLowerCase().includes(search.trim().toLowerCase()),
        )
      }
      error={error}
    />
  );
}

/** An amount of the settings, as it is typed; undefined where it is not understood, null where there is none. */
export function useAmount(text: string, currency: string): string | null | undefined {
  const typed = useTyped(text, currency);
  if ('amount' in typed) return printAmount(typed.amount);
  return 'nothing' in typed ? null : undefined;
}

function ReserveForm({ team }: { team: Team }) {
  const { locale } = usePlace();
  const draft = useDraft({ reserve: asTyped(team.reserve, team.currency, locale) });
  const saving = useSave(draft.reset);
  const typed = useAmount(draft.valueOf('reserve'), team.currency);
  const reserve = typed === null ? '0.00' : typed;
  const free = minus(team.masterBalance, reserve ?? team.reserve);
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={reserve !== undefined}
      onSave={() => reserve !== undefined && saving.save({ reserve })}
    >
      <p className="muted">
        The part of the master balance that recharges may not touch. Credits and your own messages may use it.
      </p>
      <AmountField
        label="Reserve"
        currency={team.currency}
        value={draft.valueOf('reserve')}
        onChange={(text) => draft.set('reserve', text)}
        error={saving.errorAt('reserve')}
      />
      <p aria-live="polite">
        Of <Money amount={team.masterBalance} currency={team.currency} /> recharges may use{' '}
        <Money amount={micros(free) > 0n ? free : '0.00'} currency={team.currency} />.
      </p>
    </SettingsForm>
  );
}
