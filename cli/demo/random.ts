export type Random = {
  /** Returns a number from 0 up to, not including, 1. */
  next: () => number;
  /** Returns a whole number from 0 up to, not including, `below`. */
  below: (below: number) => number;
  pick: <T>(list: readonly T[]) => T;
};

/** Returns random numbers that are the same at every run, seeded by their purpose (the mulberry32 generator). */
export function chance(...purpose: (string | number)[]): Random {
  let state = 0x811c9dc5;
  for (const char of purpose.join('/')) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { next, below, pick: (list) => list[below(list.length)]! };
}
