export type Random = {
  /** A whole number from 0 up to, not including, `below`. */
  below: (below: number) => number;
  pick: <T>(list: readonly T[]) => T;
  /** The same items in another order. */
  shuffle: <T>(list: readonly T[]) => T[];
};

/** The mulberry32 generator: small, and the same everywhere for the same seed. */
export function makeRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const shuffle = <T>(list: readonly T[]): T[] => {
    const items = [...list];
    for (let i = items.length - 1; i > 0; i -= 1) {
      const j = below(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  };
  return { below, pick: (list) => list[below(list.length)]!, shuffle };
}
