import { describe, expect, it } from 'vitest';
import {
  totpCode,
  fromBase32,
  isAppCode,
  keyUri,
  newRecoveryCodes,
  newSecret,
  plainCode,
  stepAt,
  stepOf,
} from '@/server/domain/identity/two-factor/rules';

const SECRET = Buffer.from('12345678901234567890');

describe('a code of the authenticator app', () => {
  // RFC 4226, appendix D.
  it.each(['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'])(
    'matches RFC 4226: %s',
    (code) => {
      const codes = Array.from({ length: 10 }, (_, counter) => totpCode(SECRET, counter));
      expect(codes).toContain(code);
      expect(codes.indexOf(code)).toBe(
        ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'].indexOf(
          code,
        ),
      );
    },
  );

  // RFC 6238, appendix B, SHA-1.
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('matches RFC 6238 at %s s: %s', (seconds, code) => {
    expect(totpCode(SECRET, stepAt(new Date(seconds * 1000)), 8)).toBe(code);
  });

  it('is valid in its step and the adjacent ones, and in no other', () => {
    const now = new Date(1_234_567_890_000);
    const step = stepAt(now);
    for (const beside of [-1, 0, 1]) expect(stepOf(SECRET, totpCode(SECRET, step + beside), now)).toBe(step + beside);
    for (const beside of [-2, 2]) expect(stepOf(SECRET, totpCode(SECRET, step + beside), now)).toBeNull();
    for (const other of ['', '1', '1234567', 'abcdef', '０００５９２']) expect(stepOf(SECRET, other, now)).toBeNull();
  });
});

describe('a secret', () => {
  it('is 160 bits in base32, as apps expect', () => {
    expect(newSecret()).toMatch(/^[A-Z2-7]{32}$/);
    expect(newSecret()).not.toBe(newSecret());
    expect(fromBase32('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')).toEqual(SECRET);
    expect(keyUri('ABC', 'ann+x@example.test')).toBe(
      'otpauth://totp/Purser%3Aann%2Bx%40example.test?secret=ABC&issuer=Purser&algorithm=SHA1&digits=6&period=30',
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
