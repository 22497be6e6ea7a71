import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { burnOf, RESERVED_SLUGS, isReservedSlug, slugFrom } from '@/server/domain/teams/teams/rules';

describe('slugs', () => {
  it.each([
    ['Acme Messaging', 'acme-messaging'],
    ['  Acme -- Messaging!  ', 'acme-messaging'],
    ['Ação & Çelik', 'acao-celik'],
    ['Straße Øst Łódź', 'strasse-ost-lodz'],
    ["O'Brien’s", 'obriens'],
    ['ＡＣＭＥ ①', 'acme-1'],
    ['ﬁne', 'fine'],
    ['İstanbul', 'istanbul'],
    ['山田', 'team'],
    ['Ольга', 'team'],
    ['', 'team'],
    ['---', 'team'],
    ['x'.repeat(100), 'x'.repeat(48)],
    [`${'x'.repeat(47)} yyy`, 'x'.repeat(47)],
    ['Setup', 'setup-team'],
    ['Sign in', 'sign-in-team'],
    ['API', 'api-team'],
    ['404', '404-team'],
  ])('turn %j into %s', (name, slug) => {
    expect(slugFrom(name)).toBe(slug);
  });

  it('are always valid in a URL, never reserved, and their own slug', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 120 }), fc.constantFrom(...RESERVED_SLUGS)),
        (name) => {
          const slug = slugFrom(name);
          expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
          expect(slug.length).toBeLessThanOrEqual(48);
          expect(isReservedSlug(slug)).toBe(false);
          expect(slugFrom(slug)).toBe(slug);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('never equal a route', () => {
    const routes = 'setup sign-in sign-up forgot reset invite account docs api _next favicon.ico teams'.split(' ');
    for (const route of routes) expect(slugFrom(route)).not.toBe(route);
    for (const word of RESERVED_SLUGS) expect(word).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });
});

describe('the burn', () => {
  const of = (balance: bigint, burned: bigint, hours: number | null) => burnOf(balance, burned, hours);
  it.each([
    ['nothing was ever charged', of(100n, 0n, null), null, null],
    ['the first charge was this morning', of(55_000_000n, 45_000_000n, 6), null, null],
    ['an hour is missing of the first full day', of(55_000_000n, 45_000_000n, 23), null, null],
    ['a day is full', of(55_000_000n, 45_000_000n, 24), 45_000_000n, 1],
    ['a day and a half', of(90_000_000n, 45_000_000n, 36), 30_000_000n, 3],
    ['ten days', of(90_000_000n, 30_000_000n, 240), 3_000_000n, 30],
    ['thirty days', of(90_000_000n, 30_000_000n, 720), 1_000_000n, 90],
    ['years', of(90_000_000n, 30_000_000n, 50_000), 1_000_000n, 90],
    ['nothing for a month', of(90_000_000n, 0n, 50_000), 0n, null],
    ['nothing left', of(0n, 30_000_000n, 720), 1_000_000n, 0],
  ])('%s', (_what, found, burnPerDay, runwayDays) => {
    expect(found).toEqual({ burnPerDay, runwayDays });
  });
});
