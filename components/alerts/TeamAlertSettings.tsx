'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { savingOf, sayItIsSaved, SettingsForm, useAmount } from '@/components/team-settings/SettingsForm';
import { asTyped } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { Card } from '@/components/ui/pieces';
import { useDraft } from '@/components/ui/useDraft';
import { useLocale } from '@/components/ui/useLocale';
import styles from './alerts.module.css';

/** Sets the balances below which alerts are sent. */
export function TeamAlertSettings() {
  return (
    <div className={styles.stack}>
      <MasterAlert />
      <MemberAlert />
      <p className="muted">
        Everyone chooses which of these emails they receive. See <Link href="/account/alerts">your alerts</Link>.
      </p>
    </div>
  );
}

function MasterAlert() {
  const trpc = useTRPC();
  const team = useSuspenseQuery(trpc.team.getTeam.queryOptions()).data;
  const draft = useDraft({ below: useKnown(team.lowBalance, team.currency) });
  const save = useMutation(trpc.team.updateTeam.mutationOptions({ onSuccess: () => sayItIsSaved(draft.reset) }));
  return (
    <Card title="Master balance">
      <LowBelowForm
        text="Below this amount, the master balance is marked as low and owners are emailed, once each time it falls below. Leave blank to turn off."
        currency={team.currency}
        draft={draft}
        saving={savingOf(save)}
        label="Alert below"
        field="lowBalance"
        onSave={(lowBalance) => save.mutate({ lowBalance })}
      />
    </Card>
  );
}

function MemberAlert() {
  const { currency } = useShell().team;
  const trpc = useTRPC();
  const settings = useSuspenseQuery(trpc.team.getSettings.queryOptions()).data;
  const draft = useDraft({ below: useKnown(settings.memberLowBalance, currency) });
  const save = useMutation(trpc.team.updateSettings.mutationOptions({ onSuccess: () => sayItIsSaved(draft.reset) }));
  return (
    <Card title="Members’ balances">
      <LowBelowForm
        text="Below this amount, the member and the owners are emailed, once each time the balance falls below. Leave blank to turn off."
        currency={currency}
        draft={draft}
        saving={savingOf(save)}
        label="Alert for a member below"
        field="memberLowBalance"
        onSave={(memberLowBalance) => save.mutate({ memberLowBalance })}
      />
    </Card>
  );
}

/** Returns a threshold as its field shows it. */
function useKnown(below: string | null, currency: string): string {
  const { locale } = useLocale();
  return below === null ? '' : asTyped(toMicros(below), currency, locale);
}

type FormProps = {
  text: string;
  currency: string;
  draft: ReturnType<typeof useDraft<'below'>>;
  saving: ReturnType<typeof savingOf>;
  field: string;
  label: string;
  onSave: (below: string | null) => void;
};

function LowBelowForm({ text, currency, draft, saving, field, label, onSave }: FormProps) {
  const below = useAmount(draft.valueOf('below'), currency);
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={below !== undefined}
      onSave={() => below !== undefined && onSave(below === null ? null : printAmount(below))}
    >
      <p className="muted">{text}</p>
      <AmountField
        label={label}
        currency={currency}
        value={draft.valueOf('below')}
        onChange={(typed) => draft.set('below', typed)}
        error={saving.errorAt(field)}
      />
    </SettingsForm>
  );
}
