'use client';

import { useState } from 'react';

/** Holds the edited fields of a form. Untouched fields follow changes of the known values. */
export function useDraft<Field extends string>(known: Record<Field, string>) {
  const [typed, setTyped] = useState<Partial<Record<Field, string>>>({});
  const fields = Object.keys(known) as Field[];
  const valueOf = (field: Field): string => typed[field] ?? known[field];
  return {
    valueOf,
    set: (field: Field, text: string) => setTyped((before) => ({ ...before, [field]: text })),
    /** The fields whose value differs from the known one. */
    changed: fields.filter((field) => valueOf(field) !== known[field]),
    reset: () => setTyped({}),
  };
}
