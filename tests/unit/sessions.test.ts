import { describe, expect, it } from 'vitest';
import { homeOf, ownPath } from '@/components/auth/paths';
import { hashPassword } from '@/server/domain/core/password-hashing';
import { demoSignIn, DUMMY_HASH } from '@/server/domain/identity/sessions/rules';
import { networkOf, normaliseAccount } from '@/server/domain/identity/login-throttle/rules';
import { makeVault } from '@/server/domain/core/crypto';

describe('the network by which sign-in attempts are counted', () => {
  it.each([
    [null, 'unknown'],
    ['', 'unknown'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8:1:02:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1:2:3', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3::4:192.0.2.7', '1:2:3:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:C000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['[2001:db8::1]', 'unknown'],
    ['192.0.2.7:80', 'unknown'],
    ['somebody', 'unknown'],
  ])('is, for %s, %s', (address, network) => expect(networkOf(address)).toBe(network));
});

describe('an account for counting sign-in attempts', () => {
  it('is the same however its address is written', () => {
    for (const text of [' Ann@Example.test', 'ann@example.test ', 'ＡＮＮ@example.test'])
      expect(normaliseAccount(text)).toBe('ann@example.test');
  });

  it('takes as long to check a password when it is unknown', async () => {
    const cost = (hash: string) => hash.split('$').slice(0, 4).join('$');
    expect(cost(DUMMY_HASH)).toBe(cost(await hashPassword('correct horse battery')));
  });
});

describe('the demo’s sign-in', () => {
  it('is the same each time, and different in another installation', () => {
    const [one, other] = [makeVault('a'.repeat(32)), makeVault('b'.repeat(32))];
    expect(demoSignIn(one)).toEqual(demoSignIn(makeVault('a'.repeat(32))));
    expect(demoSignIn(one).password).not.toBe(demoSignIn(other).password);
    expect(demoSignIn(one).password.length).toBeGreaterThanOrEqual(12);
  });
});

describe('the target after signing in', () => {
  it.each(['/', '/acme', '/acme/members?q=a%20b&page=2', '/acme#x', '/sign-in'])('is the page itself: %s', (path) =>
    expect(ownPath(path)).toBe(path),
  );

  it.each([
    undefined,
    '',
    'acme',
    'https://evil.example/',
    '//evil.example/',
    '//evil.example/members',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    'javascript:alert(1)',
    'http:evil.example',
    '\n//evil.example',
    '///evil.example',
  ])('is neither another site nor a script: %j', (path) => expect(ownPath(path)).toBe('/'));
});

describe('the page after signing in', () => {
  const membership = (slug: string, status = 'active') => ({ team: { slug }, member: { status } });

  it('is the team used last, the only team, or a choice', () => {
    expect(homeOf([membership('a'), membership('b')], 'b')).toBe('/b');
    expect(homeOf([membership('a')], undefined)).toBe('/a');
    expect(homeOf([membership('a')], 'gone')).toBe('/a');
    expect(homeOf([membership('a'), membership('b')], undefined)).toBe('/account/teams');
  });

  it('is never a team in which the member is deactivated', () => {
    expect(homeOf([membership('a', 'inactive'), membership('b')], 'a')).toBe('/b');
    expect(homeOf([membership('a', 'inactive')], 'a')).toBeNull();
    expect(homeOf([], undefined)).toBeNull();
  });
});
