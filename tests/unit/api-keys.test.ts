import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isWellFormedKey, keyLast4, keyPrefix, makeKey } from '@/server/domain/teams/api-keys/rules';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('API keys', () => {
  it('have the promised format, are well formed and differ', () => {
    const keys = Array.from({ length: 2_000 }, () => makeKey());
    for (const key of keys) {
      expect(key).toMatch(/^pur_live_[0-9A-Za-z]{38}$/);
      expect(isWellFormedKey(key)).toBe(true);
    }
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('end with the standard CRC32 (ISO 3309) of all before, most significant character first', () => {
    const key = makeKey((size) => new Uint8Array(size));
    expect(key.slice(0, 41)).toBe(`pur_live_${'0'.repeat(32)}`);
    let sum = 0;
    for (const char of key.slice(41)) sum = sum * 62 + BASE62.indexOf(char);
    expect(sum).toBe(slowCrc32(key.slice(0, 41)));
  });

  it('favour no character', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 4_000; i += 1) {
      for (const char of makeKey().slice(9, 41)) counts.set(char, (counts.get(char) ?? 0) + 1);
    }
    const expected = (4_000 * 32) / 62;
    expect(counts.size).toBe(62);
    for (const char of BASE62)
      expect(Math.abs((counts.get(char) ?? 0) - expected)).toBeLessThan(7 * Math.sqrt(expected));
  });

  it('use no byte that would bias them', () => {
    const bytes = [...Array.from({ length: 8 }, (_, i) => 248 + i), ...Array.from({ length: 64 }, (_, i) => i % 62)];
    let at = 0;
    const key = makeKey((size) => Uint8Array.from(bytes.slice(at, (at += size))));
    expect(key.slice(9, 41)).toBe(BASE62.slice(0, 32));
  });

  it('reveal any one wrong character or two swapped neighbours', () => {
    const position = fc.integer({ min: 9, max: 46 });
    fc.assert(
      fc.property(position, fc.constantFrom(...BASE62.split('')), (at, char) => {
        const key = makeKey();
        const typo = key.slice(0, at) + char + key.slice(at + 1);
        expect(isWellFormedKey(typo)).toBe(typo === key);
        const swapped = key.slice(0, at - 1) + key.slice(at, at + 1) + key.slice(at - 1, at) + key.slice(at + 1);
        if (at > 9) expect(isWellFormedKey(swapped)).toBe(swapped === key);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['', 'pur_live_', 'pur_test_', 'sk_live_abc', `pur_live_${'0'.repeat(38)}`])('are not %j', (text) => {
    expect(isWellFormedKey(text)).toBe(false);
  });

  it('are refused with anything around them', () => {
    const key = makeKey();
    for (const text of [` ${key}`, `${key}\n`, `${key}0`, key.slice(0, -1), key.toUpperCase()]) {
      expect(isWellFormedKey(text)).toBe(false);
    }
  });

  it('are shown by their first and last four characters', () => {
    const key = makeKey();
    expect(keyPrefix(key)).toBe(key.slice(0, 13));
    expect(keyLast4(key)).toBe(key.slice(43));
  });
});

function slowCrc32(text: string): number {
  let sum = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
