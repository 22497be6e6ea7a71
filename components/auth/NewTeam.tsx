'use client';

import { Button, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { CurrencyField } from '@/components/team-settings/CurrencyField';
import styles from '@/components/account/account.module.css';
import { Fault } from './fields';
import type { faultsOf } from './useForm';

type Props = {
  faults: ReturnType<typeof faultsOf>;
  isPending: boolean;
  label: string;
  onSubmit: (event: FormEvent<HTMLFormElement>, currency: string) => void;
  /** The owner's fields. */
  children: ReactNode;
};

/** The form that creates a team with its name, currency and owner. */
export function NewTeam({ faults, isPending, label, onSubmit, children }: Props) {
  const [currency, setCurrency] = useState('USD');
  return (
    <form method="post" className={styles.form} noValidate onSubmit={(event) => onSubmit(event, currency)}>
      <Fault text={faults.rest} />
      <TextInput
        label="Team"
        name="team"
        description="A company, department or client that pays from one balance."
        autoComplete="organization"
        error={faults.at('team')}
        required
        withAsterisk={false}
      />
      <CurrencyField value={currency} onChange={setCurrency} error={faults.at('currency')} />
      {children}
      <Button type="submit" loading={isPending}>
        {label}
      </Button>
    </form>
  );
}

export const YourName = ({ error }: { error: string | undefined }) => (
  <TextInput label="Your name" name="name" autoComplete="name" error={error} required withAsterisk={false} />
);
