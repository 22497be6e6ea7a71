import { beforeAll, describe, expect, it } from 'vitest';
import { countRoundTrips } from '@/bench/count';

let trips: Map<string, number>;
beforeAll(async () => {
  trips = new Map((await countRoundTrips()).map(({ name, trips: n }) => [name, n]));
});

/** A lock is held during every round trip to the database, so the money commands must not grow any. */
describe('the round trips to the database', () => {
  it.each([
    ['credit', 4],
    ['credit, with an Idempotency-Key', 5],
    ['debit all', 4],
    ['charge (send a message)', 4],
    ['charge (send a message), with an Idempotency-Key', 5],
    ['charge that fires the rule', 7],
    ['charge that fires the rule, with an Idempotency-Key', 8],
  ])('for %s are at most %i', (name, most) => {
    expect(trips.get(name)).toBeGreaterThan(1);
    expect(trips.get(name)).toBeLessThanOrEqual(most);
  });
});
