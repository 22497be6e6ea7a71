'use client';

import { Button } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import type { Micros } from '@/server/domain/core/money';
import { problemOf } from '@/components/data';
import formStyles from '@/components/ui/form/form.module.css';
import { useTyped } from '@/components/ui/money/AmountField';
import { Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useUnsaved } from '@/components/ui/useUnsaved';

/** Returns the state of a save: errors by field, and the problem that belongs to no field. */
export function savingOf(save: { isPending: boolean; error: unknown }, known: Record<string, string> = {}) {
  const problem = save.isPending ? undefined : problemOf(save.error);
  const at = new Map((problem?.errors ?? []).map(({ pointer, detail }) => [pointer.slice(1), detail]));
  if (problem) for (const [field, detail] of Object.entries(known)) at.set(field, detail);
  return {
    isPending: save.isPending,
    errorAt: (field: string) => at.get(field),
    problem: at.size === 0 ? problem : undefined,
  };
}

export function sayItIsSaved(then: () => void): void {
  toast({ message: 'Saved.' });
  then();
}

/** Returns a typed amount; undefined if it is invalid, null if the field is empty. */
export function useAmount(text: string, currency: string): Micros | null | undefined {
  const typed = useTyped(text, currency);
  if ('amount' in typed) return typed.amount;
  return 'nothing' in typed ? null : undefined;
}

type Props = {
  saving: Pick<ReturnType<typeof savingOf>, 'isPending' | 'problem'>;
  isDirty: boolean;
  isValid?: boolean;
  onSave: () => void;
  children: ReactNode;
};

/** A form of settings that are saved together. */
export function SettingsForm({ saving, isDirty, isValid = true, onSave, children }: Props) {
  useUnsaved(isDirty && !saving.isPending);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isDirty && isValid && !saving.isPending) onSave();
  };
  return (
    <form className={formStyles.form} onSubmit={submit} noValidate>
      {children}
      {saving.problem && (
        <Note tone="bad" alert>
          {saving.problem.detail}
        </Note>
      )}
      <div className={formStyles.foot}>
        {isDirty && <span className="muted">Unsaved changes</span>}
        <Button type="submit" disabled={!isDirty || !isValid} loading={saving.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
