'use client';

import { useState } from 'react';

/** The data of a row that a bulk action needs even after the page has changed. */
export type Chosen = { id: string; name: string; status: string; role: string; balance: string };

/**
 * Holds the selected members through paging, sorting and filtering.
 * @param shown the rows of the current page, whose data is up to date
 */
export function useSelection(shown: Chosen[] = []) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Chosen>>(new Map());
  const now = new Map(shown.map((row) => [row.id, row]));
  const toggle = (rows: Chosen[], on: boolean) => {
    const next = new Map(chosen);
    for (const { id, name, status, role, balance } of rows) {
      if (on) next.set(id, { id, name, status, role, balance });
      else next.delete(id);
    }
    setChosen(next);
  };
  return {
    size: chosen.size,
    rows: [...chosen.values()].map((one) => now.get(one.id) ?? one),
    has: (id: string) => chosen.has(id),
    toggle,
    clear: () => setChosen(new Map()),
  };
}

export type Selection = ReturnType<typeof useSelection>;
