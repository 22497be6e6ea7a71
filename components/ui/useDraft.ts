'use client';

import { useState } from 'react';

/**
 * What stands in the fields of a form: what is known, until something else is typed. A field that nobody has touched
 * follows what is known when that changes.
 */
export function useDraft<Field extends string>(known: Record<Field, string>) {
  const [typed, setTyped] = useState<Partial<Record<Field, string>>>({});
  const fields = Object.keys(known) as Field[];
  const valueOf = (field: Field): string => typed[field] ?? known[field];
  return {
    valueOf,
    set: (field: Field, text: string) => setTyped((before) => ({ ...before, [field]: text })),
    /** The fields that hold something else than what is known. */
    changed: fields.filter((field) => valueOf(field) !== known[field]),
    reset: () => setTyped({}),
  };
}
