'use client';

import { useSuspenseQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '@/components/data';
import { SettingsForm, useAmount, useSave, type Saving } from '@/components/teams/GeneralSettings';
import { asTyped } from '@/components/ui/amount';
import { AmountField } from '@/components/ui/AmountField';
import { Card } from '@/components/ui/pieces';
import { useDraft } from '@/components/ui/useDraft';
import { usePlace } from '@/components/ui/usePlace';
import styles from './alerts.module.css';

/** From where on a balance of the team is low. */
export function TeamAlertSettings() {
  const team = useSuspenseQuery(useTRPC().team.getTeam.queryOptions()).data;
  const draft = useDraft({ below: useKnown(team.lowBalance, team.currency) });
  const saving = useSave(draft.reset);
  return (
    <div className={styles.stack}>
      <Card title="Master balance">
        <LowBelowForm
          text="Below this the master balance is marked as low wherever owners see it, and they are told by mail, once each time it falls below. Empty: it never is."
          currency={team.currency}
          draft={draft}
          saving={saving}
          error={saving.errorAt('lowBalance')}
          onSave={(lowBalance) => saving.save({ lowBalance })}
        />
      </Card>
      <p className="muted">
        Who is told of what by mail, everybody sets alone: see <Link href="/account/alerts">your own alerts</Link>.
      </p>
    </div>
  );
}

/** A threshold as it stands in its field. */
function useKnown(below: string | null, currency: string): string {
  const { locale } = usePlace();
  return below === null ? '' : asTyped(below, currency, locale);
}

type FormProps = {
  text: string;
  currency: string;
  draft: ReturnType<typeof useDraft<'below'>>;
  saving: Saving;
  error: string | undefined;
  onSave: (below: string | null) => void;
};

function LowBelowForm({ text, currency, draft, saving, error, onSave }: FormProps) {
  const below = useAmount(draft.valueOf('below'), currency);
  return (
    <SettingsForm
      saving={saving}
      isDirty={draft.changed.length > 0}
      isValid={below !== undefined}
      onSave={() => below !== undefined && onSave(below)}
    >
      <p className="muted">{text}</p>
      <AmountField
        label="Low below"
        currency={currency}
        value={draft.valueOf('below')}
        onChange={(typed) => draft.set('below', typed)}
        error={error}
      />
    </SettingsForm>
  );
}
