import { describe, expect, it } from 'vitest';
import {
  isAppCode,
  keyUri,
  newRecoveryCodes,
  newSecret,
  plainCode,
  stepOf,
} from '@/server/domain/identity/two-factor/rules';

/** The secret of both RFCs: the ASCII digits 12345678901234567890. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** RFC 4226, appendix D: the codes of the steps 0 to 9. */
const CODES = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];

const startOf = (step: number) => new Date(step * 30_000);

describe('a code of the authenticator app', () => {
  it.each(CODES.map((code, step) => [step, code] as const))('matches RFC 4226 at step %i: %s', (step, code) => {
    expect(stepOf(SECRET, code, startOf(step))).toBe(step);
  });

  // RFC 6238, appendix B, SHA-1. A code of six digits is the end of one of eight (RFC 4226, 5.3: the number modulo 10^digits).
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('matches RFC 6238 at %s s: %s', (seconds, code) => {
    expect(stepOf(SECRET, code.slice(-6), new Date(seconds * 1000))).toBe(Math.floor(seconds / 30));
    expect(stepOf(SECRET, code, new Date(seconds * 1000))).toBeNull();
  });

  it('is valid in its step and the adjacent ones, from the first millisecond to the last, and in no other', () => {
    const code = CODES[5]!;
    for (const step of [4, 5, 6]) {
      expect(stepOf(SECRET, code, startOf(step))).toBe(5);
      expect(stepOf(SECRET, code, new Date(startOf(step + 1).getTime() - 1))).toBe(5);
    }
    for (const step of [3, 7]) expect(stepOf(SECRET, code, startOf(step))).toBeNull();
  });

  it('is six ASCII digits and nothing else', () => {
    const now = new Date(1_234_567_890_000);
    expect(stepOf(SECRET, '005924', now)).not.toBeNull();
    for (const other of ['', '5924', '1005924', '0059240', ' 005924', 'abcdef', '０００５９２', '００５９２４'])
      expect(stepOf(SECRET, other, now), other).toBeNull();
  });
});

describe('a secret', () => {
  it('is 160 bits in base32, as apps expect', () => {
    expect(newSecret()).toMatch(/^[A-Z2-7]{32}$/);
    expect(newSecret()).not.toBe(newSecret());
  });

  it('stands in the URI for apps, with every parameter', () => {
    expect(keyUri(SECRET, 'ann+x@example.test')).toBe(
      `otpauth://totp/Purser:ann%2Bx%40example.test?issuer=Purser&secret=${SECRET}&algorithm=SHA1&digits=6&period=30`,
    );
  });
});

describe('recovery codes', () => {
  it('are ten, all different, and the same however they are typed', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) {
      expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/);
      expect(plainCode(` ${code.toUpperCase().replace('-', ' ')} `)).toBe(plainCode(code));
      expect(isAppCode(plainCode(code))).toBe(false);
    }
    expect(isAppCode(plainCode('123 456'))).toBe(true);
  });
});
