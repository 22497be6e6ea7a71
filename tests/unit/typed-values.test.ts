import { describe, expect, it } from 'vitest';
import { lastDays, sumsOf } from '@/components/overview/days';
import { readRecipients } from '@/components/messages/recipients';
import { rateFilter } from '@/components/rates/search-params';
import { toMicros } from '@/server/domain/core/money';
import { asTyped, readTyped } from '@/components/ui/money/format';
import { dayFromNow, daysBetween } from '@/components/ui/day';

describe('an amount in a form field', () => {
  const locales = ['en-US', 'de-DE', 'fr-FR', 'en-IN', 'de-CH', 'pt-PT', 'ja-JP', 'sv-SE'];
  it.each(locales)('is read back as the same amount, in %s', (locale) => {
    for (const currency of ['USD', 'JPY', 'KWD']) {
      for (const amount of [0n, 5_000_000n, 39_500n, 1_250_500_000n, 1_123_456n, 1_000_000_000_000_000n]) {
        expect(readTyped(asTyped(amount, currency, locale), currency, locale)).toEqual({ amount });
      }
    }
  });

  it('has the digits of its currency, and more only when they are not zero', () => {
    expect(asTyped(toMicros('5.00'), 'USD', 'en-US')).toBe('5.00');
    expect(asTyped(toMicros('5.00'), 'JPY', 'en-US')).toBe('5');
    expect(asTyped(toMicros('5.00'), 'KWD', 'de-DE')).toBe('5,000');
    expect(asTyped(toMicros('0.0395'), 'USD', 'de-DE')).toBe('0,0395');
  });
});

describe('a search for prices', () => {
  it.each([
    ['', {}],
    ['  ', {}],
    ['4915', { prefix: '4915' }],
    ['+49 ', { prefix: '49' }],
    ['de', { country: 'DE' }],
    ['Germ', { country: 'DE' }],
    ['japan', { country: 'JP' }],
    ['uk', { country: 'GB' }],
    ['nowhere', null],
  ])('matches “%s” with %o', (q, filter) => {
    expect(rateFilter(q, 'en-US')).toEqual(filter);
  });

  it('knows the country names of the user’s language', () => {
    expect(rateFilter('Deutschl', 'de-DE')).toEqual({ country: 'DE' });
  });
});

describe('a pasted list of recipients', () => {
  it.each([
    ['', [], 0],
    [' \n,; ', [], 0],
    ['+14155550100', ['+14155550100'], 0],
    ['+1 415 555-0100\r\n+44 7700 900123', ['+1 415 555-0100', '+44 7700 900123'], 0],
    [
      '+14155550100, +447700900123; 0800\t+4915112345678',
      ['+14155550100', '+447700900123', '0800', '+4915112345678'],
      0,
    ],
    ['\u202a+44\u00a07700\u00a0900123\u202c', ['+44 7700 900123'], 0],
    ['+1 (415) 555-0100\n+14155550100\n+1.415.555.0100', ['+1.415.555.0100'], 2],
  ])('“%s”', (text, numbers, repeated) => {
    expect(readRecipients(text)).toEqual({ numbers, repeated });
  });
});

describe('the days of the overview', () => {
  it('are complete, including those without messages', () => {
    expect(daysBetween('2026-02-27', '2026-03-01')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
    const [first, today] = [dayFromNow(-59), dayFromNow(0)];
    const days = lastDays(first, [
      { day: today, messages: 2, cost: '0.30' },
      { day: dayFromNow(-29), messages: 1, cost: '0.20' },
      { day: dayFromNow(-30), messages: 4, cost: '1.00' },
    ]);
    expect([days.length, days[0], days.at(-1)]).toEqual([
      60,
      { day: first, messages: 0, cost: 0n },
      { day: today, messages: 2, cost: 300_000n },
    ]);
    expect(sumsOf(days)).toEqual({ now: { messages: 3, cost: 500_000n }, before: { messages: 4, cost: 1_000_000n } });
  });
});
