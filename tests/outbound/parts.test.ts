import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beyondGsm7, countSegments } from '@/server/domain/messaging/segments/rules';
import {
  concatenationHeader,
  concatenationReference,
  encodePart,
  isCutByLength,
  splitText,
} from '@/server/outbound/carriers/parts';
import { BOUNDARIES } from '../support/carrier-peers';

/** Texts with many characters that can straddle two parts. */
const text = fc
  .array(fc.constantFrom('a', 'Z', '€', '{', '\\', '\f', 'é', '\n', '😀', 'ж', '👩‍👩‍👧', ' '), {
    minLength: 1,
    maxLength: 400,
  })
  .map((chars) => chars.join(''));
const gsmText = fc
  .array(fc.constantFrom('a', 'Z', '€', '{', '\\', '\f', 'é', '\n', '@', 'Δ', '|'), {
    minLength: 1,
    maxLength: 800,
    size: 'max',
  })
  .map((chars) => chars.join(''));

describe('the parts of a text', () => {
  it('are as many as the segments charged, whole, and short enough', () => {
    fc.assert(
      fc.property(fc.oneof(text, gsmText), (body) => {
        const { encoding, segments } = countSegments(body);
        const parts = splitText({ body, encoding });
        expect(parts).toHaveLength(segments);
        expect(parts.join('')).toBe(body);
        const longest = parts.length === 1 ? 160 : 153;
        const octets = parts.map((part) => encodePart(part, encoding).length);
        expect(Math.max(...octets)).toBeLessThanOrEqual(encoding === 'gsm7' ? longest : parts.length === 1 ? 140 : 134);
        for (const part of parts) expect(part).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(BOUNDARIES))('are as many as the segments charged with %s', (_, body) => {
    const { encoding, segments } = countSegments(body);
    expect(splitText({ body, encoding })).toHaveLength(segments);
  });

  it('have one octet for each septet, and two for a character of the extension table', () => {
    expect(encodePart('@a€\\é', 'gsm7')).toEqual(Buffer.from([0x00, 0x61, 0x1b, 0x65, 0x1b, 0x2f, 0x05]));
    expect(encodePart('ж😀', 'ucs2')).toEqual(Buffer.from([0x04, 0x36, 0xd8, 0x3d, 0xde, 0x00]));
  });

  it('are made of the same alphabet as the segments charged', () => {
    for (let code = 0; code <= 0xffff; code += 1) {
      const char = String.fromCharCode(code);
      const isGsm7 = beyondGsm7(char).length === 0;
      const octets = encodePart(char, 'gsm7');
      const isEncoded = char === '?' || !octets.equals(Buffer.from([0x3f]));
      if (isGsm7 !== isEncoded) expect.fail(`U+${code.toString(16)} is ${isGsm7 ? '' : 'not '}charged as GSM-7`);
    }
  });

  it('are cut by length alone unless a surrogate pair would be split', () => {
    const isCut = (body: string) => isCutByLength({ body, encoding: countSegments(body).encoding });
    expect(isCut('ж'.repeat(200))).toBe(true);
    expect(isCut(`${'ж'.repeat(65)}😀${'я'.repeat(66)}`)).toBe(true);
    expect(isCut(`${'ж'.repeat(66)}😀${'я'.repeat(66)}`)).toBe(false);
  });
});

describe('the header of a part', () => {
  const id = '01890000-0000-7000-8000-000000000001';

  it('holds the same reference in every attempt and every part', () => {
    const reference = concatenationReference(id, 1);
    expect(concatenationHeader(id, 1, 3, 1)).toEqual(Buffer.from([5, 0, 3, reference, 3, 1]));
    expect(concatenationHeader(id, 3, 3, 1)).toEqual(Buffer.from([5, 0, 3, reference, 3, 3]));
  });

  it('can hold a reference of 16 bits', () => {
    const header = concatenationHeader(id, 2, 3, 2);
    expect([...header.subarray(0, 3), ...header.subarray(5)]).toEqual([6, 8, 4, 3, 2]);
    expect(header.readUInt16BE(3)).toBe(concatenationReference(id, 2));
  });
});
