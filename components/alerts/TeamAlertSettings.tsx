'use client';

import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { useReadAmount } from '@/components/team-settings/useReadAmount';
import type { Command } from '@/components/ui/form/CommandNote';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { asTyped } from '@/components/ui/money/format';
import { AmountField } from '@/components/ui/money/AmountField';
import { Card } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
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

const sayItIsSaved = () => toast({ message: 'Saved.' });

function MasterAlert() {
  const trpc = useTRPC();
  const team = useSuspenseQuery(trpc.team.getTeam.queryOptions()).data;
  const save = useMutation(trpc.team.updateTeam.mutationOptions({ onSuccess: sayItIsSaved }));
  return (
    <Card title="Master balance">
      <LowBelowForm
        text="Below this amount, the master balance is marked as low and owners are emailed, once each time it falls below. Leave blank to turn off."
        currency={team.currency}
        known={team.lowBalance}
        label="Alert below"
        field="lowBalance"
        save={save}
        inputOf={(lowBalance) => ({ lowBalance })}
      />
    </Card>
  );
}

function MemberAlert() {
  const { currency } = useShell().team;
  const trpc = useTRPC();
  const settings = useSuspenseQuery(trpc.team.getSettings.queryOptions()).data;
  const save = useMutation(trpc.team.updateSettings.mutationOptions({ onSuccess: sayItIsSaved }));
  return (
    <Card title="Members’ balances">
      <LowBelowForm
        text="Below this amount, the member and the owners are emailed, once each time the balance falls below. Leave blank to turn off."
        currency={currency}
        known={settings.memberLowBalance}
        label="Alert for a member below"
        field="memberLowBalance"
        save={save}
        inputOf={(memberLowBalance) => ({ memberLowBalance })}
      />
    </Card>
  );
}

type FormProps<Input> = {
  text: string;
  currency: string;
  /** The saved amount. */
  known: string | null;
  label: string;
  /** The name of the amount in the API. */
  field: string;
  save: Command<Input>;
  inputOf: (below: string | null) => Input;
};

function LowBelowForm<Input>({ text, currency, known, label, field, save, inputOf }: FormProps<Input>) {
  const { locale } = useLocale();
  const readAmount = useReadAmount(currency);
  const form = useCommandForm({
    initial: { below: known === null ? '' : asTyped(toMicros(known), currency, locale) },
    command: save,
    inputOf: (typed) => {
      const below = readAmount(typed.below);
      return below === undefined ? null : inputOf(below === null ? null : printAmount(below));
    },
    named: { [`/${field}`]: 'below' },
    draft: field,
    stays: true,
  });
  return (
    <Form form={form} submit="Save" needsChange isReady={readAmount(form.values.below) !== undefined}>
      <p className="muted">{text}</p>
      <AmountField label={label} currency={currency} {...form.field('below')} />
    </Form>
  );
}
