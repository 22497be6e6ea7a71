'use client';

import { useState } from 'react';

/** What a bulk action must know of a row, wherever the page has gone meanwhile. */
export type Chosen = { id: string; name: string; status: string; role: string; balance: string };

/**
 * The selected members: it survives paging, sorting and filtering.
 * @param shown the rows of the page, which are known as they are now
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
