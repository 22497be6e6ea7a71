import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  MAX_AMOUNT,
  currencyDigits,
  isCurrency,
  listCurrencies,
  parseAmount,
  printAmount,
  toMicros,
} from '@/server/domain/core/money';
import { amount, amountOrZero } from '@/server/domain/core/codecs';

const micros = fc.bigInt({ min: 0n, max: MAX_AMOUNT });
const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 999_999_999n }), fc.stringMatching(/^[0-9]{1,6}$/))
  .map(([units, fraction]) => `${units}.${fraction}`);

describe('reading an amount', () => {
  it.each<[unknown, bigint]>([
    ['0', 0n],
    ['0.000001', 1n],
    ['0.0395', 39_500n],
    ['25', 25_000_000n],
    ['25.0', 25_000_000n],
    ['25.00', 25_000_000n],
    ['0.1', 100_000n],
    ['1000000000.00', MAX_AMOUNT],
    ['1000000000.000000', MAX_AMOUNT],
    [0, 0n],
    [25, 25_000_000n],
    [1e3, 1_000_000_000n],
    [1_000_000_000, MAX_AMOUNT],
  ])('reads %j exactly', (input, expected) => {
    expect(parseAmount(input)).toBe(expected);
  });

  it.each<[unknown]>([
    ['-1'],
    ['+1'],
    ['-0'],
    ['1e3'],
    ['1E3'],
    ['NaN'],
    ['Infinity'],
    ['0.0000001'],
    ['1.0000000'],
    ['00'],
    ['01'],
    ['00.5'],
    ['.5'],
    ['5.'],
    [''],
    [' 1'],
    ['1 '],
    ['1\n'],
    ['1,5'],
    ['1,000.00'],
    ['1_000'],
    ['0x10'],
    ['١٢'],
    ['１'],
    ['1.٥'],
    ['$5'],
    ['1000000000.000001'],
    ['1000000001'],
    ['9999999999'],
    ['10000000000'],
    ['all'],
    [0.1],
    [25.5],
    [-1],
    [-0],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1_000_000_001],
    [Number.MAX_SAFE_INTEGER],
    [2 ** 53],
    [1e21],
    [null],
    [undefined],
    [true],
    [{}],
    [['5']],
    [5n],
    [{ toString: () => '5' }],
  ])('refuses %o', (input) => {
    expect(parseAmount(input)).toBeNull();
  });

  it('reads back what it printed', () => {
    fc.assert(
      fc.property(micros, (value) => {
        expect(parseAmount(printAmount(value))).toBe(value);
      }),
    );
  });

  it('never rounds: the same digits come back', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const value = parseAmount(text);
        expect(value).not.toBeNull();
        const [units = '', fraction = ''] = text.split('.');
        expect(printAmount(value ?? -1n)).toBe(`${units}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`);
      }),
    );
  });

  it('refuses an amount with more than six decimals, even zeros', () => {
    fc.assert(
      fc.property(decimal, fc.stringMatching(/^[0-9]{1,20}$/), (text, more) => {
        const [units = '', fraction = ''] = text.split('.');
        expect(parseAmount(`${units}.${fraction.padEnd(6, '0')}${more}`)).toBeNull();
      }),
    );
  });

  it('accepts a text only in the promised format and up to the maximum', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789.,-+eE _x'.split('')) }),
      decimal,
    );
    fc.assert(
      fc.property(texts, (text) => {
        const promised = /^(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$/.test(text) && !/\n/.test(text);
        const [units = '0', fraction = ''] = text.split('.');
        const isTooMuch = promised && BigInt(units + fraction.padEnd(6, '0')) > MAX_AMOUNT;
        expect(parseAmount(text) !== null).toBe(promised && !isTooMuch);
      }),
      { numRuns: 2_000 },
    );
  });

  it('accepts every JSON integer up to the maximum and no float', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (value) => {
        expect(parseAmount(value)).toBe(BigInt(value) * 1_000_000n);
      }),
    );
    fc.assert(
      fc.property(fc.double(), (value) => {
        if (!Number.isInteger(value)) expect(parseAmount(value)).toBeNull();
      }),
    );
  });
});

describe('printing an amount', () => {
  it.each<[bigint, string]>([
    [0n, '0.00'],
    [1n, '0.000001'],
    [39_500n, '0.0395'],
    [12_500_000n, '12.50'],
    [100_000n, '0.10'],
    [-500_000n, '-0.50'],
    [-1n, '-0.000001'],
    [123_456_789_000_000_123n, '123456789000.000123'],
  ])('prints %s as %s', (value, text) => {
    expect(printAmount(value)).toBe(text);
  });

  it('always has two to six decimals', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        expect(printAmount(value)).toMatch(/^-?(0|[1-9][0-9]*)\.[0-9]{2}([0-9]{0,3}[1-9])?$/);
        expect(printAmount(value).startsWith('-')).toBe(value < 0n);
      }),
    );
  });

  it('is undone by reading the printed amount', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        expect(toMicros(printAmount(value))).toBe(value);
      }),
    );
  });

  it.each(['', '7', '7.5', '.50', '07.50', '+7.50', '−7.50', '7,50', '7.5000000', '1e3', '7.50 '])(
    'is the only source of printed amounts: %s is refused',
    (text) => {
      expect(() => toMicros(text)).toThrow(RangeError);
    },
  );
});

describe('amounts in a request', () => {
  it('become micros', () => {
    expect(amount.parse('0.0395')).toBe(39_500n);
    expect(amount.parse(3)).toBe(3_000_000n);
    expect(amountOrZero.parse('0.00')).toBe(0n);
  });

  it.each([['0'], ['0.00'], [0], ['-1'], [-1], [0.1], [Number.NaN], [Number.POSITIVE_INFINITY], ['1e3'], ['']])(
    'fail with invalid_amount for %o where money moves',
    (input) => {
      expect(issueOf(amount, input)).toMatchObject({ code: 'custom', params: { code: 'invalid_amount' } });
    },
  );

  it.each([[null], [true], [{}], [[]], [undefined]])('have the wrong type as %o', (input) => {
    expect(issueOf(amount, input)?.code).toBe('invalid_type');
    expect(issueOf(amountOrZero, input)?.code).toBe('invalid_type');
  });

  it('point at the invalid field', () => {
    const body = z.strictObject({ credit: amount, threshold: amountOrZero.optional() });
    expect(issueOf(body, { credit: '0' })?.path).toEqual(['credit']);
    expect(issueOf(body, {})?.path).toEqual(['credit']);
    expect(body.safeParse({ credit: '1' }).success).toBe(true);
  });

  it('are described in the OpenAPI document as string or integer', () => {
    const described = z.toJSONSchema(z.strictObject({ amount }), { io: 'input' });
    expect(described.required).toEqual(['amount']);
    expect(described.properties?.['amount']).toMatchObject({
      anyOf: [
        { type: 'string', pattern: '^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,6})?$' },
        { type: 'integer', minimum: 1 },
      ],
    });
  });
});

describe('currencies', () => {
  it.each([
    ['EUR', 2],
    ['USD', 2],
    ['NGN', 2],
    ['HUF', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['XOF', 0],
    ['KWD', 3],
    ['IQD', 3],
    ['TND', 3],
  ] as const)('%s has %i minor digits', (code, digits) => {
    expect(isCurrency(code)).toBe(true);
    expect(currencyDigits(code)).toBe(digits);
  });

  it.each(['XAU', 'XXX', 'XTS', 'XDR', 'CLF', 'UYW', 'DEM', 'ZZZ', 'eur', ' EUR', 'EU', '', 'toString'])(
    'refuses %s',
    (code) => {
      expect(isCurrency(code)).toBe(false);
      expect(() => currencyDigits(code)).toThrow(RangeError);
    },
  );

  it('are listed once, in order, in a form that Intl can print', () => {
    const codes = listCurrencies();
    expect(codes).toEqual([...new Set(codes)].toSorted());
    for (const currency of codes) expect(new Intl.NumberFormat('en', { style: 'currency', currency })).toBeDefined();
  });
});

function issueOf(schema: z.ZodType, input: unknown) {
  return schema.safeParse(input).error?.issues[0];
}
