import { describe, expect, it } from 'vitest';
import { isSetupCode, setupCode } from '@/server/domain/teams/onboarding/rules';
import { linkToken, parseLinkToken } from '@/server/domain/identity/email-links/rules';
import { newUuid7 } from '@/server/domain/core/ids';
import { describeAgent } from '@/server/domain/identity/sessions/rules';
import { makeVault } from '@/server/domain/core/crypto';

const [vault, other] = [makeVault('a'.repeat(32)), makeVault('b'.repeat(32))];

describe('the token of an emailed link', () => {
  it('is read back by this installation, and no other', () => {
    const id = newUuid7();
    const token = linkToken(vault, id);
    expect(token).toMatch(/^[0-9a-f]{32}\.[\w-]{43}$/);
    expect(parseLinkToken(vault, token)).toBe(id);
    expect(parseLinkToken(other, token)).toBeNull();
  });

  it('is invalid once a character is changed, or it is cut or longer', () => {
    const token = linkToken(vault, newUuid7());
    for (let at = 0; at < token.length; at += 1) {
      const changed = `${token.slice(0, at)}${token[at] === '0' ? '1' : '0'}${token.slice(at + 1)}`;
      expect(parseLinkToken(vault, changed), changed).toBeNull();
    }
    for (const text of ['', '.', token.slice(1), token.slice(0, -1), `${token}0`, ` ${token}`, token.toUpperCase()])
      expect(parseLinkToken(vault, text)).toBeNull();
  });
});

describe('the setup code of the first team', () => {
  it('is the same in every process of one installation, and of no other', () => {
    expect(setupCode(vault)).toMatch(/^([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}$/);
    expect(setupCode(vault)).toBe(setupCode(makeVault('a'.repeat(32))));
    expect(setupCode(other)).not.toBe(setupCode(vault));
  });

  it('is accepted however it is typed', () => {
    const code = setupCode(vault);
    for (const text of [code, code.toUpperCase(), code.replaceAll('-', ''), ` ${code.replaceAll('-', ' ')} `])
      expect(isSetupCode(vault, text)).toBe(true);
    for (const text of ['', code.slice(1), `${code}0`, setupCode(other)]) expect(isSetupCode(vault, text)).toBe(false);
  });
});

describe('a user agent', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
      'Chrome on Linux',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36 Edg/143.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15',
      'Safari on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/143.0 Mobile/15E148 Safari/604.1',
      'Chrome on iOS',
    ],
    ['Mozilla/5.0 (Android 15; Mobile; rv:146.0) Gecko/146.0 Firefox/146.0', 'Firefox on Android'],
    ['curl/8.5.0', 'Unknown browser'],
    ['<script>alert(1)</script>', 'Unknown browser'],
    [null, 'Unknown browser'],
  ])('is named in words of ours: %s', (agent, words) => expect(describeAgent(agent)).toBe(words));
});
