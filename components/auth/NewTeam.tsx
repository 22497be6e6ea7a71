'use client';

import { TextInput } from '@mantine/core';
import type { ChangeEvent, ReactNode } from 'react';
import { CurrencyField } from '@/components/team-settings/CurrencyField';
import { Form } from '@/components/ui/form/Form';
import type { FormState, useCommandForm } from '@/components/ui/form/useCommandForm';

type Props = {
  form: FormState & Pick<ReturnType<typeof useCommandForm<{ team: string; currency: string }, object>>, 'field'>;
  submit: string;
  /** The owner's fields. */
  children: ReactNode;
};

/** The form that creates a team with its name, currency and owner. */
export const NewTeam = ({ form, submit, children }: Props) => (
  <Form form={form} submit={submit} isWide>
    <TextInput
      label="Team"
      description="A company, department or client that pays from one balance."
      autoComplete="organization"
      {...form.field('team')}
      required
      withAsterisk={false}
    />
    <CurrencyField {...form.field('currency')} />
    {children}
  </Form>
);

export const YourName = (field: { onChange: (event: ChangeEvent) => void; error: ReactNode }) => (
  <TextInput label="Your name" autoComplete="name" {...field} required withAsterisk={false} />
);
