import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { getCountries, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, it } from 'vitest';
import { parseAmount } from '@/server/domain/core/money';
import { decodeText } from '@/server/domain/core/text-decoding';
import {
  boundedCache,
  cardBytes,
  compareCards,
  compileRates,
  compileRatesInStretches,
  freeRowsOf,
  MAX_RATE_ROWS,
  parseRateCard,
  readRateCard,
  whyNeverMatches,
  type RateRow,
} from '@/server/domain/billing/rates/rules';
import { replaceRatesInput } from '@/server/domain/billing/rates/schema';
import { runInTurns, type Stretches } from '@/server/domain/core/yielding';
import { parseRecipient } from '@/server/domain/messaging/pricing/rules';

const row = (country: string | null, prefix: string, price: bigint): RateRow => ({ country, prefix, price });

describe('rates', () => {
  it('apply the longest prefix that begins the number', () => {
    const findRate = compileRates([
      row(null, '4', 1n),
      row(null, '44', 2n),
      row(null, '4477', 3n),
      row(null, '45', 4n),
    ]);
    expect(findRate('+447700900001', 'GB')).toBe(3n);
    expect(findRate('+442071234567', 'GB')).toBe(2n);
    expect(findRate('+4915123456789', 'DE')).toBe(1n);
    expect(findRate('+14155550100', 'US')).toBeNull();
  });

  it('give each country of a shared calling code its own price', () => {
    const findRate = compileRates([row('US', '1', 1n), row('CA', '1', 2n), row('RU', '7', 3n), row('KZ', '7', 4n)]);
    expect(findRate('+14155550100', 'US')).toBe(1n);
    expect(findRate('+16475550123', 'CA')).toBe(2n);
    expect(findRate('+77012345678', 'KZ')).toBe(4n);
    expect(findRate('+12684641234', 'AG')).toBeNull();
  });

  it('can name a country alone, which ranks behind any prefix', () => {
    const findRate = compileRates([row('GB', '', 1n), row(null, '4', 2n), row('PR', '', 3n)]);
    expect(findRate('+447700900001', 'GB')).toBe(2n);
    expect(findRate('+17875550100', 'PR')).toBe(3n);
  });

  it('prefer the row that names the country when the prefix is the same', () => {
    const rows = [row(null, '44', 1n), row('GB', '44', 2n)];
    for (const order of [rows, rows.toReversed()]) expect(compileRates(order)('+447700900001', 'GB')).toBe(2n);
    expect(compileRates(rows)('+441481256789', 'GG')).toBe(1n);
  });

  it('can be free of charge', () => {
    expect(compileRates([row('GB', '', 0n)])('+447700900001', 'GB')).toBe(0n);
  });

  it('match a search through every row', () => {
    const rows = fc.uniqueArray(
      fc.record({
        country: fc.constantFrom(null, 'AA', 'BB'),
        prefix: fc.stringMatching(/^[1-3]{0,4}$/),
        price: fc.bigInt({ min: 0n, max: 9n }),
      }),
      { selector: ({ country, prefix }) => `${country}/${prefix}`, maxLength: 30 },
    );
    fc.assert(
      fc.property(
        rows,
        fc.stringMatching(/^[1-3]{4,8}$/),
        fc.constantFrom('AA', 'BB', 'CC'),
        (card, digits, country) => {
          const [best] = card
            .filter((each) => digits.startsWith(each.prefix) && (each.country === null || each.country === country))
            .toSorted((a, b) => b.prefix.length - a.prefix.length || (a.country === null ? 1 : -1));
          expect(compileRates(card)(`+${digits}`, country)).toBe(best?.price ?? null);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('are found a hundred thousand times within a moment', () => {
    const card = parseRateCard(readFileSync('db/seed/rates.csv', 'utf8'));
    const findRate = compileRates('rows' in card ? card.rows : []);
    const start = performance.now();
    for (let i = 0; i < 100_000; i += 1) findRate('+447700900001', 'GB');
    expect(performance.now() - start).toBeLessThan(500);
  });
});

/** Countries left out on purpose: the published list has no price for them, and no neighbour shares their numbers. */
const UNPRICED = 'AC FK IO MQ NF NU PS SH SS TA TK TV WF'.split(' ');

describe('a rate card', () => {
  it('is read whole from the default card, and prices every example number', () => {
    const card = parseRateCard(readFileSync('db/seed/rates.csv', 'utf8'));
    if (!('rows' in card)) throw new Error(JSON.stringify(card.problems));
    expect(card.rows.length).toBeGreaterThan(200);
    const findRate = compileRates(card.rows);
    for (const [text, price] of [
      ['+14155550100', '0.0063'],
      ['+16475550123', '0.0080'],
      ['+79161234567', '0.0321'],
      ['+77012345678', '0.0783'],
      ['+447700900001', '0.0464'],
    ] as const) {
      const recipient = parseRecipient(text);
      expect(findRate(recipient?.e164 ?? '', recipient?.country ?? '')).toBe(parseAmount(price));
    }
  });

  it('prices every country that has numbers and every area of the North American plan, but for those listed here', () => {
    const card = parseRateCard(readFileSync('db/seed/rates.csv', 'utf8'));
    const findRate = compileRates('rows' in card ? card.rows : []);
    const isPriced = (number: string): boolean => {
      const recipient = parseRecipient(number);
      return recipient !== null && findRate(recipient.e164, recipient.country) !== null;
    };
    const countries = getCountries().filter((country) => !isPriced(getExampleNumber(country, examples)!.number));
    expect(countries).toEqual(UNPRICED);
    // An area is in use when some number of it is valid.
    const inUse = Array.from({ length: 800 }, (_, i) => 200 + i).flatMap((area) =>
      ['234', '555', '201', '789']
        .map((exchange) => `+1${area}${exchange}0123`)
        .filter((number) => parsePhoneNumberFromString(number)?.isValid())
        .slice(0, 1),
    );
    expect(inUse.length).toBeGreaterThan(400);
    expect(inUse.filter((number) => !isPriced(number))).toEqual([]);
  });

  it('can have a byte order mark, CRLF, quotes, spaces, lower case, another column order and empty lines', () => {
    const csv = '\ufeffPrice, Country ,PREFIX\r\n\r\n0.5,gb,44\r\n"0.000001"," us ",""\r\n,,\r\n0,,7\r\n';
    expect(parseRateCard(csv)).toEqual({
      rows: [
        { country: 'GB', prefix: '44', price: 500_000n },
        { country: 'US', prefix: '', price: 1n },
        { country: null, prefix: '7', price: 0n },
      ],
    });
  });

  it.each([
    ['', 1],
    ['US,1,0.01', 1],
    ['country,prefix\nUS,1', 1],
    ['country,prefix,price,note\nUS,1,0.01,x', 1],
    ['country,country,price\nUS,1,0.01', 1],
    ['country,prefix,price\n', 2],
    ['country,prefix,price\nUS,1', 2],
    ['country,prefix,price\nUS,1,0.01,x', 2],
    ['country,prefix,price\nUS,1,0.01\n\nZZ,1,0.01', 4],
    ['country,prefix,price\nUSA,1,0.01', 2],
    ['country,prefix,price\nUS,+1,0.01', 2],
    ['country,prefix,price\nUS,01,0.01', 2],
    ['country,prefix,price\nUS,1234567890123456,0.01', 2],
    ['country,prefix,price\n,,0.01', 2],
    ['country,prefix,price\nUS,1,', 2],
    ['country,prefix,price\nUS,1,-1', 2],
    ['country,prefix,price\nUS,1,0.0000001', 2],
    ['country,prefix,price\nUS,1,1e3', 2],
    ['country,prefix,price\nUS,1,1000000.01', 2],
    ['country,prefix,price\nUS,1,0.01\nUS,"1,0.01', 3],
    ['country,prefix,price\nUS,1,0.01\nus,1,0.02', 3],
    ['country,prefix,price\n,1,0.01\n,1,0.02', 3],
  ])('names the invalid line: %j', (csv, line) => {
    const card = parseRateCard(csv);
    expect('problems' in card && card.problems[0]?.line).toBe(line);
  });

  it('names every invalid line, up to a hundred', () => {
    const card = parseRateCard(`country,prefix,price\n${'US,1,bad\n'.repeat(500)}`);
    expect('problems' in card && card.problems.map(({ line }) => line)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 2),
    );
  });

  it('has at most a hundred thousand rows', () => {
    const lines = Array.from({ length: MAX_RATE_ROWS }, (_, i) => `,49${100_000 + i},0.01`);
    const most = parseRateCard(['country,prefix,price', ...lines].join('\n'));
    expect('rows' in most && most.rows.length).toBe(MAX_RATE_ROWS);
    const over = parseRateCard(['country,prefix,price', ...lines, ',9,0.01', ',8,0.01'].join('\n'));
    expect('problems' in over && over.problems).toEqual([{ line: MAX_RATE_ROWS + 2, detail: 'At most 100000 rows.' }]);
  });

  const CARD: RateRow[] = [
    { country: 'DE', prefix: '49', price: 75_000n },
    { country: 'FR', prefix: '', price: 1_500_000n },
  ];

  it.each([
    ['semicolons', 'country;prefix;price\nDE;49;0.075\nFR;;1.5\n'],
    ['tabs', 'country\tprefix\tprice\nDE\t49\t0.075\nFR\t\t1.5\n'],
    ['a declared separator', 'sep=;\r\ncountry;prefix;price\r\nDE;49;0.075\r\nFR;;1.5\r\n'],
    ['another declared separator', '\ufeffsep=|\ncountry|prefix|price\nDE|49|0.075\nFR||1.5'],
    ['a declared comma', '"sep=,"\ncountry,prefix,price\nDE,49,0.075\nFR,,1.5'],
    ['decimal commas', 'country;prefix;price\nDE;49;0,075\nFR;;1,5\n'],
    ['quoted decimal commas', '"country","prefix","price"\n"DE","49","0,075"\n"FR","","1,5"\n'],
    ['upper case', 'COUNTRY,PREFIX,PRICE\nDE,49,0.075\nFR,,1.5\n'],
    ['quotes', '"country","prefix","price"\n"DE","49","0.075"\n"FR","","1.5"\n'],
    ['empty columns', ',country,,prefix,price,,\n,DE,,49,0.075,,\n,FR,,,1.5,,\n'],
    ['empty lines', ';;\ncountry;prefix;price\n;;\nDE;49;0,075\n\nFR;;1,5\n;;\n'],
    ['old line ends', 'country,prefix,price\rDE,49,0.075\rFR,,1.5\r'],
  ])('is read with %s', (_, csv) => {
    expect(parseRateCard(csv)).toEqual({ rows: CARD });
    const bytes = new TextEncoder().encode(csv);
    const pairs = (order: boolean, mark: boolean) => {
      const view = new DataView(new ArrayBuffer((mark ? 2 : 0) + csv.length * 2));
      if (mark) view.setUint16(0, 0xfeff, order);
      for (let i = 0; i < csv.length; i += 1) view.setUint16((mark ? 2 : 0) + i * 2, csv.charCodeAt(i), order);
      return new Uint8Array(view.buffer);
    };
    const files = [bytes, Uint8Array.from([0xef, 0xbb, 0xbf, ...bytes]), pairs(true, true), pairs(false, true)];
    // A byte order mark inside a quote is one already.
    if (!csv.startsWith('\ufeff')) files.push(pairs(true, false), pairs(false, false));
    for (const file of files) expect(parseRateCard(decodeText(file))).toEqual({ rows: CARD });
  });

  it.each([
    ['', 1, 'empty'],
    ['prefix,price\n49,1', 1, 'no column country'],
    ['country,prefix,price,note\nDE,49,1,x', 1, 'note'],
    ['country,prefix,price,price\nDE,49,1,1', 1, 'twice'],
    ['a,b,c\nDE,49,1', 1, 'header'],
    ['country,prefix,price\nDE,33,1', 2, 'begin with +49, not with +33'],
    ['country,prefix,price\nUS,1876,1', 2, 'another country that shares +1'],
    ['country,prefix,price\nCA,1415,1', 2, 'another country that shares +1'],
    ['country,prefix,price\nRU,77,1', 2, 'another country that shares +7'],
    ['country,prefix,price\nSJ,478,1', 2, 'another country that shares +47'],
    ['country,prefix,price\n,999,1', 2, 'No country'],
    ['country,prefix,price\n,800,1', 2, 'No country'],
    ['country,prefix,price\n,11,1', 2, 'No country'],
    ['country,prefix,price\nAQ,,1', 2, 'No phone number belongs to AQ'],
    ['country,prefix,price\nUS,141555501001,1', 2, 'as long as'],
    ['country,prefix,price\nMX,521,1', 2, 'no longer'],
    ['country,prefix,price\nDE,49,1\nde,49,2', 3, 'Line 2'],
    ['country,prefix,price\nß,,1', 2, 'ISO code'],
    ['country,prefix,price\nDE,+49,1', 2, 'without +'],
    ['country,prefix,price\nDE,0049,1', 2, 'without +'],
    ['country,prefix,price\nDE,49,', 2, 'missing'],
    ['country,prefix,price\nDE,49,$1', 2, 'no currency'],
    ['country;prefix;price\nDE;49;1.234,50', 2, 'decimal'],
    ['country;prefix;price\nFR;;0.5\nDE;49;0,5', 3, 'decimal point'],
    ['country,prefix,price\nDE,49,2000000', 2, 'at most 1000000.00'],
    ['country,prefix,price\nDE,49', 2, '2 values'],
    ['country,prefix,price\nDE,49,1,2', 2, 'more values'],
    ['sep=;\ncountry;prefix;price\nDE;33;1', 3, '+33'],
    ['country,prefix,price\nDE,49,1\nFR,"33,1', 3, 'quote'],
  ])('is refused with the actual reason: %j', (csv, line, reason) => {
    const card = parseRateCard(csv);
    expect('problems' in card && card.problems).toEqual([{ line, detail: expect.stringContaining(reason) }]);
  });

  it('reports the number of invalid lines when not all are listed', () => {
    const card = parseRateCard(`country,prefix,price\n${'DE,33,1\n'.repeat(250)}`);
    expect('problems' in card && [card.problems.length, card.count]).toEqual([100, 250]);
  });

  it('has no row refused that can match: every beginning of every number, with its country and without', () => {
    const areas = Array.from({ length: 800 }, (_, i) => `+1${200 + i}5550123`);
    const numbers = [...getCountries().map((country) => getExampleNumber(country, examples)!.number), ...areas];
    for (const recipient of numbers.map((number) => parseRecipient(number))) {
      if (!recipient) continue;
      const { e164, country } = recipient;
      for (let end = 1; end < e164.length; end += 1) {
        const prefix = e164.slice(1, end + 1);
        expect(whyNeverMatches({ country, prefix }), `${country} ${prefix}`).toBeNull();
        expect(whyNeverMatches({ country: null, prefix }), prefix).toBeNull();
      }
    }
  });

  it('names the rows with a price of 0', () => {
    const free = freeRowsOf([row('FR', '', 0n), row('DE', '49', 1n), row('DE', '4915', 0n), row(null, '44', 0n)]);
    expect(free).toEqual({ free: ['FR', 'DE +4915', '+44'], freeRows: 3 });
    const many = freeRowsOf(Array.from({ length: 250 }, (_, i) => row(null, `49${100 + i}`, 0n)));
    expect([many.free.length, many.freeRows]).toEqual([100, 250]);
  });

  it.each<[string, string[], string | null]>([
    ['all may have thousands', ['1,234', '12,500'], '1,234'],
    ['one alone', ['0', '7', '3,000'], '3,000'],
    ['one begins with 0', ['1,234', '0,075'], null],
    ['one has other decimals', ['1,234', '1,5'], null],
    ['no comma', ['1234', '5'], null],
  ])('reports commas that may separate thousands: %s', (_, prices, typed) => {
    const rows = prices.map((price, i) => `DE;49${i};${price}`);
    const card = parseRateCard(['country;prefix;price', ...rows].join('\n'));
    if (!('rows' in card)) throw new Error('refused');
    const price = typed && parseAmount(typed.replace(',', '.'));
    expect(card.unclear ?? null).toEqual(typed === null ? null : { typed, price });
  });

  it('reads the same in pieces as whole: lines, quotes and faults keep their positions', () => {
    const rowOf = (i: number) => (i % 7 === 0 ? `"DE","49${10_000 + i}","0.0\n1"` : `DE,"49${10_000 + i}",0.01`);
    const rows = Array.from({ length: 9_000 }, (_, i) => rowOf(i));
    const card = parseRateCard(['country,prefix,price', ...rows].join('\r\n'));
    expect('problems' in card && card.count).toBe(Math.ceil(9_000 / 7));
    const plain = Array.from({ length: 9_000 }, (_, i) => `DE,"49${10_000 + i}",0.01`);
    for (const end of ['\n', '\r\n', '\r']) {
      const bad = plain.with(8_500, 'FR,49,1').with(8_700, 'DE,"4910000",1');
      const read = parseRateCard(['country,prefix,price', ...bad].join(end));
      expect('problems' in read && read.problems.map(({ line }) => line)).toEqual([8_502, 8_702]);
      const open = parseRateCard(['country,prefix,price', ...plain.slice(0, 8_500), 'DE,"49,1'].join(end));
      expect('problems' in open && open.problems).toEqual([{ line: 8_502, detail: expect.stringContaining('quote') }]);
    }
  });

  it('is read, compared and compiled while other requests are served, even with the largest size', async () => {
    const lines = Array.from({ length: MAX_RATE_ROWS }, (_, i) => `DE,49${100_000 + i},0.01`);
    const turnsOf = async <T>(work: Stretches<T>): Promise<{ turns: number; result: T }> => {
      let turns = 0;
      let isOver = false;
      const count = () => {
        turns += 1;
        if (!isOver) setImmediate(count);
      };
      setImmediate(count);
      const result = await runInTurns(work);
      isOver = true;
      return { turns, result };
    };
    const read = await turnsOf(readRateCard(['country,prefix,price', ...lines].join('\n')));
    if (!('rows' in read.result)) throw new Error('refused');
    const { rows } = read.result;
    const compiled = await turnsOf(compileRatesInStretches(rows));
    const compared = await turnsOf(compareCards(rows, rows, 20));
    const given = { rates: lines.map((_, i) => ({ country: 'DE', prefix: `49${100_000 + i}`, price: '0.01' })) };
    const parsed = await turnsOf(
      (function* () {
        yield;
        return replaceRatesInput.parseAsync(given);
      })(),
    );
    expect((await parsed.result).rates).toHaveLength(rows.length);
    const least = MAX_RATE_ROWS / 2_000;
    for (const { turns } of [read, compiled, compared]) expect(turns).toBeGreaterThanOrEqual(least);
    expect(parsed.turns).toBeGreaterThanOrEqual(least);
  }, 60_000);

  it('never throws, whatever the input', () => {
    const csv = fc.array(fc.oneof(fc.string(), fc.constantFrom('country,prefix,price', '"', ',', '\n', 'US,1,0.01')));
    fc.assert(
      fc.property(csv, (parts) => {
        const card = parseRateCard(parts.join('\n'));
        expect('rows' in card ? card.rows.length : card.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the cards cached by a process', () => {
  const MIB = 1_048_576;

  it('stay within their memory limit, however many and large they are', () => {
    const cards = boundedCache<number>(64 * MIB);
    for (let i = 0; i < 200; i += 1) {
      cards.set(`team ${i}`, i, cardBytes(MAX_RATE_ROWS));
      expect(cards.size().bytes).toBeLessThanOrEqual(64 * MIB);
    }
    expect(cards.size().entries).toBeGreaterThan(0);
    expect(cards.size().entries).toBeLessThan(10);
    expect([cards.get('team 199'), cards.get('team 0')]).toEqual([199, undefined]);
  });

  it('are hundreds of a usual size, and are dropped by their last use', () => {
    const cards = boundedCache<number>(3 * cardBytes(200));
    for (const key of ['a', 'b', 'c']) cards.set(key, 1, cardBytes(200));
    cards.get('a');
    cards.set('d', 1, cardBytes(200));
    expect(['a', 'b', 'c', 'd'].map((key) => cards.get(key))).toEqual([1, undefined, 1, 1]);
    cards.set('a', 2, cardBytes(200));
    expect([cards.get('a'), cards.size().entries]).toEqual([2, 3]);
    cards.set('large', 1, cardBytes(100_000));
    expect([cards.get('large'), cards.size().entries]).toEqual([undefined, 3]);
  });
});
