'use client';

import { TextInput } from '@mantine/core';

type Props = { label: string; value: Date | null; onChange: (day: Date | null) => void };

/** A day; UTC, as all ranges are. */
export function DayField({ label, value, onChange }: Props) {
  return (
    <TextInput
      size="xs"
      type="date"
      aria-label={label}
      title={label}
      value={value?.toISOString().slice(0, 10) ?? ''}
      onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.valueAsDate)}
    />
  );
}
