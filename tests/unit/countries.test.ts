import { getCountries } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { listCountries, parseCountry } from '@/server/domain/core/countries';
import { parseAsCountry, parseAsDay, parseAsId } from '@/components/ui/search-params';

/** Countries of ISO 3166-1 without phone numbers of their own. */
const WITHOUT_NUMBERS = ['AQ', 'BV', 'GS', 'HM', 'PN', 'TF', 'UM'];

describe('countries', () => {
  it('are those of ISO 3166-1 and those with phone numbers', () => {
    expect(listCountries().toSorted()).toEqual([...getCountries(), ...WITHOUT_NUMBERS].toSorted());
  });

  it('are read in either case, and only as two ASCII letters', () => {
    expect(['de', 'DE', 'dE', 'xk'].map(parseCountry)).toEqual(['DE', 'DE', 'DE', 'XK']);
    for (const text of ['ß', 'ﬆ', 'ŉ', 'zz', 'UK', 'D', 'DEU', '', ' DE', 'DЕ'])
      expect(parseCountry(text), text).toBeNull();
  });
});

describe('an unknown country in a URL', () => {
  it('is ignored by the pages', () => {
    expect(['zz', 'ß', 'USA'].map((text) => parseAsCountry.parse(text))).toEqual([null, null, null]);
    expect(['', 'mem_x', 'xyz'].map((text) => parseAsId('mem').parse(text))).toEqual([null, null, null]);
    const days = ['9999-12-31', '1969-12-31', '2026-02-30', '2026-1-1', 'x', ''];
    expect(days.map((text) => parseAsDay.parse(text))).toEqual(days.map(() => null));
    expect(parseAsDay.serialize(parseAsDay.parse('2026-02-28')!)).toBe('2026-02-28');
  });
});
