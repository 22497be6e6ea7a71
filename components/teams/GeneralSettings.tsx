'use client';

import { Button, TextInput } from '@mantine/core';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import type { FormEvent, ReactNode } from 'react';
import { printAmount } from '@/server/domain/money';
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
import { CurrencyField } from './CurrencyField';

type Team = inferOutput<ReturnType<typeof useTRPC>['team']['getTeam']>;

/** The team's name, its currency, and what it keeps back or is warned of. */
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
      <Card title="Low balance">
        <LowBalanceForm team={team} />
      </Card>
    </div>
  );
}

/** Saves some of the settings; says what is wrong at the field that it is about. */
function useSave(onSaved: () => void) {
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

type Saving = Pick<ReturnType<typeof useSave>, 'isPending' | 'problem'>;
type FormProps = { saving: Saving; isDirty: boolean; isValid?: boolean; onSave: () => void; children: ReactNode };

function SettingsForm({ saving, isDirty, isValid = true, onSave, children }: FormProps) {
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

/** An amount of the settings, as it is typed; undefined where it is not understood, null where there is none. */
function useAmount(text: string, currency: string): string | null | undefined {
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

function LowBalanceForm({ team }: { team: Team }) {
  const { locale } = usePlace();
  const known = team.lowBalance === null ? '' : asTyped(team.lowBalance, team.currency, locale);
  const draft = useDraft({ lowBalance: known });
  const saving = useSave(draft.reset);
  const lowBalance = useAmount(draft.valueOf('lowBalance'), team.currency);
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={lowBalance !== undefined}
      onSave={() => lowBalance !== undefined && saving.save({ lowBalance })}
    >
      <p className="muted">
        Below this the master balance is marked as low wherever owners see it. Empty: it never is.
      </p>
      <AmountField
        label="Low below"
        currency={team.currency}
        value={draft.valueOf('lowBalance')}
        onChange={(text) => draft.set('lowBalance', text)}
        error={saving.errorAt('lowBalance')}
      />
    </SettingsForm>
  );
}
