import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { getCountries, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { readRecipients } from '@/components/messages/recipients';
import { normalizeBeginning, normalizeNumber } from '@/server/domain/core/phone-numbers';
import { checkSender } from '@/server/domain/core/sender';
import { parseRecipient } from '@/server/domain/messaging/pricing/rules';
import { beyondGsm7, countSegments } from '@/server/domain/messaging/segments/rules';

describe('recipients', () => {
  it.each([
    ['+14155550100', '+14155550100', 'US'],
    ['+14155550001', '+14155550001', 'US'],
    ['+14155550002', '+14155550002', 'US'],
    ['+15551234567', '+15551234567', 'US'],
    [' +1 (415) 555-0100 ', '+14155550100', 'US'],
    ['+1 415 555 0100', '+14155550100', 'US'],
    ['+1.415.555.0100', '+14155550100', 'US'],
    ['+447700900001', '+447700900001', 'GB'],
    ['+44 7700 900002', '+447700900002', 'GB'],
    ['+441481256789', '+441481256789', 'GG'],
    ['+16475550123', '+16475550123', 'CA'],
    ['+12684641234', '+12684641234', 'AG'],
    ['+79161234567', '+79161234567', 'RU'],
    ['+77012345678', '+77012345678', 'KZ'],
    ['+38344123456', '+38344123456', 'XK'],
    ['+35818123456', '+35818123456', 'AX'],
    ['+390612345678', '+390612345678', 'IT'],
    ['+4915123456789', '+4915123456789', 'DE'],
    ['0044 7700 900001', '+447700900001', 'GB'],
    ['＋１ （４１５） ５５５－０１００', '+14155550100', 'US'],
    ['\u202a+1\u00a0415\u202f555\u20090100\u202c', '+14155550100', 'US'],
    ['\ufeff+1\u200b415\u2060555\u00ad0100', '+14155550100', 'US'],
    ['+1\u3000415\u2003555\u205f0100', '+14155550100', 'US'],
    ['+1‐415‑555‒0100', '+14155550100', 'US'],
    ['+1–415—555―0100', '+14155550100', 'US'],
    ['+1−415－555﹣0100', '+14155550100', 'US'],
    ['(+1) 415 555 0100', '+14155550100', 'US'],
    ['+ 1 415 555 0100', '+14155550100', 'US'],
    ...['\n', '\r\n', '\t', ' ', '\v', '\f', '\u2028', '\u200b\n'].flatMap((space): [string, string, string][] => [
      [`+14155550100${space}`, '+14155550100', 'US'],
      [`${space}+14155550100`, '+14155550100', 'US'],
      [`${space}0014155550100`, '+14155550100', 'US'],
    ]),
    ['+1\t415\t5550100', '+14155550100', 'US'],
  ])('read %s', (text, e164, country) => {
    expect(parseRecipient(text)).toEqual({ e164, country });
  });

  it.each([
    '',
    '+',
    '4155550100',
    '14155550100',
    '0044 7700',
    '00',
    '000',
    '0000447700900001',
    '07700 900001',
    '+1234',
    '+1415555010',
    '+141555501000',
    '+10000000000',
    '+11234567890',
    '+999123456789',
    '+0123456789',
    '+80012345678',
    '+883510000000094',
    '+14155550100 ext 5',
    '+14155550100;ext=5',
    '+14155550100x5',
    'tel:+14155550100',
    'Call +14155550100',
    '+1415555O1OO',
    '++14155550100',
    '+1+4155550100',
    '+14155550100,+14155550101',
    '+١٤١٥٥٥٥٠١٠٠',
    '+1415\n5550100',
    `+1${' '.repeat(60)}4155550100`,
  ])('refuse %j', (text) => {
    expect(parseRecipient(text)).toBeNull();
  });

  it.each([
    ['+5215512345678', '+525512345678'],
    ['+52 1 55 1234 5678', '+525512345678'],
    ['005215512345678', '+525512345678'],
    ['+22997123456', '+2290197123456'],
    ['+5712345678', '+576012345678'],
    ['+841201234567', '+84701234567'],
    ['+841691234567', '+84391234567'],
    ['+841991234567', '+84591234567'],
  ])('read %s of a changed numbering plan as %s, which is dialled now', (old, now) => {
    expect(parsePhoneNumberFromString(old.replace(/^00/, '+'))?.isValid()).toBe(false);
    expect(parsePhoneNumberFromString(now)?.isValid()).toBe(true);
    expect(parseRecipient(old)?.e164).toBe(now);
    expect(parseRecipient(now)?.e164).toBe(now);
  });

  it('keep every number that is dialled now, of every country and in every form', () => {
    for (const country of getCountries()) {
      const { number } = getExampleNumber(country, examples)!;
      expect(normalizeNumber(number), country).toBe(number);
    }
    // Argentina's 9 is how its mobiles are dialled from abroad; Brazil's old numbers have more than one new one.
    for (const number of ['+5491123456789', '+5511987654321', '+551187654321', '+57601234567']) {
      expect(normalizeNumber(number)).toBe(number);
    }
  });

  it('are found by every beginning of an old number that no number begins with now', () => {
    const olds = ['+5215512345678', '+22997123456', '+841691234567', '+841991234567', '+841261234567'];
    for (const old of olds) {
      const now = normalizeNumber(old);
      // The prefix at which the old plan is recognised: +521, +2299, +84169.
      const prefixLength = old.startsWith('+84') ? 6 : old.startsWith('+229') ? 5 : 4;
      for (let end = prefixLength; end < old.length; end += 1) {
        const beginning = normalizeBeginning(old.slice(0, end));
        expect(now.startsWith(beginning), `${old.slice(0, end)} → ${beginning}`).toBe(true);
        expect(beginning).not.toBe(old.slice(0, end));
      }
      expect(normalizeBeginning(old)).toBe(now);
    }
  });

  it('are found by every beginning of a number that is dialled now', () => {
    const numbers = getCountries().map((country) => getExampleNumber(country, examples)!.number);
    // Fixed, toll-free and service numbers of the countries whose plans have changed.
    numbers.push('+522001234567', '+528001234567', '+2290120211234', '+576012345678');
    numbers.push('+842101234567', '+841800123456', '+841900123456', '+8412011234', '+8412281234');
    for (const number of numbers) {
      for (let end = 1; end <= number.length; end += 1) {
        expect(normalizeBeginning(number.slice(0, end))).toBe(number.slice(0, end));
      }
    }
  });

  it('are read alike by the page and by the API', () => {
    const texts = [
      '+5215512345678',
      '+525512345678',
      '0052 55 1234 5678',
      '＋52 55‑1234‑5678',
      '+52\u00a055\u202f12345678',
    ];
    expect(readRecipients(texts.join('\n'))).toEqual({ numbers: ['+52 55 12345678'], repeated: texts.length - 1 });
    expect(new Set(texts.map((text) => parseRecipient(text)?.e164))).toEqual(new Set(['+525512345678']));
    const many = readRecipients('+14155550100，+14155550101；+14155550102、+14155550103');
    expect(many.numbers).toHaveLength(4);
  });

  it('are read from no more of a text than a number can have', () => {
    const hostile = `+1${'\u0315'.repeat(70_000)}${'\u0316'.repeat(70_000)}`;
    const started = process.cpuUsage();
    expect(parseRecipient(hostile)).toBeNull();
    const { user } = process.cpuUsage(started);
    const again = process.cpuUsage();
    for (let i = 0; i < 1_000; i += 1) parseRecipient('+1 (415) 555-0100');
    // Normalising it would take more than a hundred thousand times as long as reading a number does.
    expect(user).toBeLessThan(process.cpuUsage(again).user * 3 + 1_000);
  });

  it('never throw, are read as E.164, and read the same again', () => {
    const digits = fc.stringMatching(/^\+[0-9 ().-]{1,20}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), digits), (text) => {
        const recipient = parseRecipient(text);
        if (!recipient) return;
        expect(recipient.e164).toMatch(/^\+[1-9][0-9]{3,14}$/);
        expect(recipient.country).toMatch(/^[A-Z]{2}$/);
        expect(parseRecipient(recipient.e164)).toEqual(recipient);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('senders', () => {
  it.each(['A', 'Purser', 'ACME 24', '12345678 9A', 'abcdefghijk', '123', '+14155550100', '123456789012345'])(
    'accept %j',
    (from) => {
      expect(checkSender(from)).toBe(from);
    },
  );

  it('drop the spaces around them', () => {
    expect(checkSender(' Acme ')).toBe('Acme');
  });

  it.each([
    '',
    ' ',
    '   ',
    'abcdefghijkl',
    '12',
    '+12',
    '1234567890123456',
    '12 34',
    'Ac-me',
    'Café',
    'Ац',
    'A\n',
    'A\nB',
  ])('refuse %j, or read it trimmed', (from) => {
    expect(checkSender(from)).toBe(from === 'A\n' ? 'A' : null);
  });
});

// The tables of 3GPP TS 23.038, 6.2.1 and 6.2.1.1, row by row.
const GSM7_BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const GSM7_EXTENSION = '\f^{}\\[~]|€';

describe('segments', () => {
  it('follow the GSM-7 alphabet and its extension, character by character', () => {
    expect(GSM7_BASIC.length).toBe(127);
    for (let code = 0; code <= 0xffff; code += 1) {
      const char = String.fromCharCode(code);
      const width = GSM7_BASIC.includes(char) ? 1 : GSM7_EXTENSION.includes(char) ? 2 : 0;
      const { encoding } = countSegments(char);
      if (encoding !== (width > 0 ? 'gsm7' : 'ucs2')) expect.fail(`U+${code.toString(16)} counted as ${encoding}`);
      if (width > 0) expect(countSegments(char.repeat(100)).segments).toBe(width);
    }
  });

  it.each<[string, string, 'gsm7' | 'ucs2', number]>([
    ['one character', 'a', 'gsm7', 1],
    ['160 septets', 'a'.repeat(160), 'gsm7', 1],
    ['161 septets', 'a'.repeat(161), 'gsm7', 2],
    ['306 septets', 'a'.repeat(306), 'gsm7', 2],
    ['307 septets', 'a'.repeat(307), 'gsm7', 3],
    ['1,600 septets', 'a'.repeat(1600), 'gsm7', 11],
    ['80 euros', '€'.repeat(80), 'gsm7', 1],
    ['81 euros', '€'.repeat(81), 'gsm7', 2],
    ['158 and a euro', `${'a'.repeat(158)}€`, 'gsm7', 1],
    ['159 and a euro', `${'a'.repeat(159)}€`, 'gsm7', 2],
    ['an escape pair at the cut', `${'a'.repeat(152)}€${'a'.repeat(151)}`, 'gsm7', 2],
    ['an escape pair at the cut, pushed over', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 'gsm7', 3],
    ['153 euros', '€'.repeat(153), 'gsm7', 3],
    ['Ç is in', 'Ç'.repeat(160), 'gsm7', 1],
    ['ç is not', 'ç', 'ucs2', 1],
    ['Greek capitals that are in', 'ΔΦΓΛΩΠΨΣΘΞ', 'gsm7', 1],
    ['a Greek capital that is not', 'Α', 'ucs2', 1],
    ['a curly quote is not made straight', '’', 'ucs2', 1],
    ['a long dash is not made short', '–', 'ucs2', 1],
    ['a backtick', '`', 'ucs2', 1],
    ['a tab', '\t', 'ucs2', 1],
    ['a bare escape', '\u001b', 'ucs2', 1],
    ['a form feed counts two', '\f'.repeat(81), 'gsm7', 2],
    ['CRLF counts two', '\r\n'.repeat(80), 'gsm7', 1],
    ['CRLF over the edge', '\r\n'.repeat(81), 'gsm7', 2],
    ['70 units', 'я'.repeat(70), 'ucs2', 1],
    ['71 units', 'я'.repeat(71), 'ucs2', 2],
    ['134 units', 'я'.repeat(134), 'ucs2', 2],
    ['135 units', 'я'.repeat(135), 'ucs2', 3],
    ['extension characters count one in UCS-2', `${'€'.repeat(69)}я`, 'ucs2', 1],
    ['35 emoji', '😀'.repeat(35), 'ucs2', 1],
    ['36 emoji', '😀'.repeat(36), 'ucs2', 2],
    ['a pair at the cut', `${'я'.repeat(66)}😀${'я'.repeat(65)}`, 'ucs2', 2],
    ['a pair at the cut, pushed over', `${'я'.repeat(66)}😀${'я'.repeat(66)}`, 'ucs2', 3],
    ['an emoji family is cut between its people', '👨‍👩‍👧‍👦'.repeat(12), 'ucs2', 2],
    ['300 accents on one letter', `e${'\u0301'.repeat(300)}`, 'ucs2', 5],
    ['a lone surrogate', '\ud800', 'ucs2', 1],
  ])('%s', (_name, body, encoding, segments) => {
    expect(countSegments(body)).toEqual({ encoding, segments });
  });

  it('match a plain reading of the specification on texts around every boundary', () => {
    const gsm = fc.constantFrom(...'aZ0 @Çé\n\rΩ'.split(''), ...GSM7_EXTENSION.split(''));
    const any = fc.oneof(gsm, fc.constantFrom('😀', '👨‍👩‍👧', 'я', 'ç', '漢', 'e\u0301', '\ud83d', '🇩🇪'));
    const texts = fc.oneof(
      aroundEdges(gsm, [153, 160, 306, 459, 1600]),
      aroundEdges(any, [67, 70, 134, 201, 1600]),
      fc.array(any, { minLength: 1, maxLength: 400, size: 'max' }).map((parts) => parts.join('')),
      fc.array(gsm, { minLength: 1, maxLength: 700, size: 'max' }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (body) => {
        expect(countSegments(body)).toEqual(referenceCount(body));
      }),
      { numRuns: 4_000 },
    );
  });

  it('are counted in well under a second for the longest batch', () => {
    const bodies = [`${'a'.repeat(1599)}€`, 'я'.repeat(1600), '😀'.repeat(800)];
    const start = process.cpuUsage();
    for (let i = 0; i < 1_000; i += 1) countSegments(bodies[i % 3] ?? '');
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(1_000);
  });
});

function aroundEdges(unit: fc.Arbitrary<string>, edges: number[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -12, max: 4 }), fc.array(unit, { maxLength: 14 }))
    .chain(([edge, offset, tail]) => {
      const filler = fc.constantFrom('a', 'b€', '[x]', 'яa', '😀');
      return filler.map((fill) => fill.repeat(edge).slice(0, Math.max(0, edge + offset)) + tail.join(''));
    });
}

// Written straight from the specification: code units in a list, cut from the front, an indivisible pair moved whole.
function referenceCount(body: string): { encoding: string; segments: number } {
  const chars = body.split('');
  const gsm7 = chars.every((char) => GSM7_BASIC.includes(char) || GSM7_EXTENSION.includes(char));
  const units = gsm7 ? chars.flatMap((char) => (GSM7_EXTENSION.includes(char) ? ['ESC', char] : [char])) : chars;
  const [alone, joined] = gsm7 ? [160, 153] : [70, 67];
  if (units.length <= alone) return { encoding: gsm7 ? 'gsm7' : 'ucs2', segments: 1 };
  let segments = 0;
  for (let at = 0; at < units.length; segments += 1) {
    let end = Math.min(at + joined, units.length);
    const [left = '', right = ''] = [units[end - 1], units[end]];
    const cutsPair = gsm7 ? left === 'ESC' : /[\ud800-\udbff]/.test(left) && /[\udc00-\udfff]/.test(right);
    if (end < units.length && cutsPair) end -= 1;
    at = end;
  }
  return { encoding: gsm7 ? 'gsm7' : 'ucs2', segments };
}

describe('the characters that are not GSM-7', () => {
  it.each([
    ['Hello, Grüße €', []],
    ['“a” “b”', ['“', '”']],
    ['日本 👍', ['日', '本', '👍']],
  ])('%s', (body, characters) => {
    expect(beyondGsm7(body)).toEqual(characters);
    expect(countSegments(body).encoding).toBe(characters.length === 0 ? 'gsm7' : 'ucs2');
  });
});
