import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { RESERVED_SLUGS, isReservedSlug, slugFrom } from '@/server/domain/teams/rules';

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
  ])('of %j is %s', (name, slug) => {
    expect(slugFrom(name)).toBe(slug);
  });

  it('are always fit for a URL, never reserved, and their own slug', () => {
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

  it('keep clear of every route', () => {
    const routes = 'setup sign-in sign-up forgot reset invite account docs api _next favicon.ico teams'.split(' ');
    for (const route of routes) expect(slugFrom(route)).not.toBe(route);
    for (const word of RESERVED_SLUGS) expect(word).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });
});
