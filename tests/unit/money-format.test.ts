import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalsOf, formatAxis, formatMoney, sumOf } from '@/components/ui/money/format';
import { signedAmountOf } from '@/components/transfers/labels';
import { currencyDigits, toMicros } from '@/server/domain/core/money';

/** Amounts of either sign with all their decimals. */
const amounts = () => fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const currencies = () => fc.constantFrom('USD', 'JPY', 'KWD');

/** Reads a text of en-US back into micros. */
function read(shown: string): bigint {
  const [, minus = '', digits = ''] = /^[+]?(−?)(?:[$¥]|KWD\u00a0)([0-9.,]+)$/.exec(shown) ?? [];
  const [units = '', fraction = ''] = digits.replaceAll(',', '').split('.');
  const size = BigInt(units) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return minus ? -size : size;
}

describe('an exact amount', () => {
  it.each([
    ['12.50', 'USD', 'en-US', '$12.50'],
    ['0.0395', 'USD', 'en-US', '$0.0395'],
    ['0.00', 'USD', 'en-US', '$0.00'],
    ['12480.22', 'USD', 'en-US', '$12,480.22'],
    ['1250.00', 'JPY', 'en-US', '¥1,250'],
    ['9007199254740993.123456', 'USD', 'en-US', '$9,007,199,254,740,993.123456'],
    ['1.50', 'KWD', 'en-US', 'KWD\u00a01.500'],
    ['12.50', 'EUR', 'de-DE', '12,50\u00a0€'],
    ['-3.00', 'USD', 'en-US', '−$3.00'],
    ['-3.00', 'EUR', 'de-DE', '−3,00\u00a0€'],
    ['-3.00', 'SEK', 'sv-SE', '−3,00\u00a0kr'],
  ])('%s %s in %s', (amount, currency, locale, expected) => {
    expect(formatMoney(toMicros(amount), currency, locale)).toBe(expected);
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(amounts(), currencies(), (amount, currency) => {
        expect(read(formatMoney(amount, currency, 'en-US'))).toBe(amount);
      }),
    );
  });
});

describe('an amount with a fixed number of decimals', () => {
  it.each([
    ['7.501234', 2, 'USD', '$7.50'],
    ['7.505', 2, 'USD', '$7.51'],
    ['-7.505', 2, 'USD', '−$7.51'],
    ['7.50', 4, 'USD', '$7.5000'],
    ['0.00', 2, 'USD', '$0.00'],
    ['0.004999', 2, 'USD', '<$0.01'],
    ['0.000001', 2, 'USD', '<$0.01'],
    ['0.005', 2, 'USD', '$0.01'],
    ['-0.004999', 2, 'USD', '>−$0.01'],
    ['0.49', 0, 'JPY', '<¥1'],
    ['0.50', 0, 'JPY', '¥1'],
    ['0.0004', 3, 'KWD', '<KWD\u00a00.001'],
  ])('%s with %i in %s', (amount, decimals, currency, expected) => {
    expect(formatMoney(toMicros(amount), currency, 'en-US', { decimals })).toBe(expected);
  });

  it('is at most half of its last decimal from the exact amount, and zero only for zero', () => {
    fc.assert(
      fc.property(amounts(), currencies(), (amount, currency) => {
        const decimals = currencyDigits(currency);
        const shown = formatMoney(amount, currency, 'en-US', { decimals });
        if (/^[<>]/.test(shown)) return;
        const difference = read(shown) - amount;
        expect((difference < 0n ? -difference : difference) * 2n).toBeLessThanOrEqual(10n ** BigInt(6 - decimals));
        expect(read(shown) === 0n).toBe(amount === 0n);
      }),
    );
  });
});

describe('a movement', () => {
  it.each([
    ['5.00', '+$5.00'],
    ['-5.00', '−$5.00'],
    ['0.00', '$0.00'],
  ])('%s carries its sign', (amount, expected) => {
    expect(formatMoney(toMicros(amount), 'USD', 'en-US', { isSigned: true })).toBe(expected);
  });

  it.each([
    ['master', 'member', 3n],
    ['member', 'master', -3n],
    ['member', 'usage', -3n],
    ['usage', 'member', 3n],
    ['master', 'usage', -3n],
    ['usage', 'master', 3n],
    ['funding', 'master', 3n],
    ['master', 'funding', -3n],
  ] as const)('from %s to %s has the sign of the balance that is shown after it', (from, to, expected) => {
    expect(signedAmountOf({ from, to, amount: '3.00' })).toBe(expected * 1_000_000n);
  });
});

describe('the decimals of a column', () => {
  it('are those of the currency, or as many as its most precise amount needs', () => {
    const of = (currency: string, ...printed: string[]) => decimalsOf(printed.map(toMicros), currency);
    expect(of('USD')).toBe(2);
    expect(of('USD', '9.29', '7.50')).toBe(2);
    expect(of('USD', '0.579', '9.291', '7.50')).toBe(3);
    expect(of('USD', '-0.000001', '7.50')).toBe(6);
    expect(of('JPY', '7.00')).toBe(0);
    expect(of('JPY', '7.50')).toBe(1);
    expect(of('KWD', '7.50')).toBe(3);
  });
});

describe('a chart', () => {
  it('has round values on its axis', () => {
    expect(formatAxis(1250, 'USD', 'en-US')).toBe('$1.25K');
    expect(formatAxis(0.015, 'USD', 'en-US')).toBe('$0.015');
  });
});

it('adds amounts exactly', () => {
  expect(sumOf([])).toBe(0n);
  expect(sumOf(['0.10', '0.20', '-0.000001'].map(toMicros))).toBe(299_999n);
});
