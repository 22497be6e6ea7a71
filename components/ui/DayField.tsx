'use client';

import { TextInput } from '@mantine/core';
import { useState } from 'react';

const OLDEST = '1970-01-01';

type Props = { label: string; value: Date | null; onChange: (day: Date | null) => void };

/**
 * A field for a UTC day. While a year is typed, the value is the year 2, then 20; only days since 1970 are reported.
 */
export function DayField({ label, value, onChange }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <TextInput
      size="xs"
      type="date"
      aria-label={label}
      title={label}
      min={OLDEST}
      value={draft ?? value?.toISOString().slice(0, 10) ?? ''}
      onChange={({ currentTarget: { value: text, valueAsDate } }) => {
        setDraft(text);
        if (text === '' || text >= OLDEST) onChange(valueAsDate);
      }}
      onBlur={() => setDraft(null)}
    />
  );
}
