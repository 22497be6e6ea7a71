import { describe, expect, it } from 'vitest';
import { parseEnv } from '@/server/env';
import { readSender, trustProxies } from '@/server/http/trusted-proxies';

const given = {
  DATABASE_URL: 'postgres://app@db/purser',
  PURSER_SECRET: 'tests-only-7f3Kq9ZsX2vB8mNw4LrT6yHc',
  CARRIER: 'sandbox',
};

/** Reads the sender of a request from an address, under a value of `TRUST_PROXY`. */
const senderOf = (setting: string, from: string, headers: Record<string, string | string[]> = {}) =>
  readSender(
    { headers, socket: { remoteAddress: from } },
    trustProxies(parseEnv({ ...given, TRUST_PROXY: setting }).trustProxy),
  );
const addressOf = (setting: string, from: string, forwarded: string) =>
  senderOf(setting, from, { 'x-forwarded-for': forwarded }).address;

describe('the address of a client', () => {
  it('is the remote end of the connection without a trusted proxy, whatever the client claims', () => {
    for (const setting of ['0', 'false', '10.0.0.0/8', '198.51.100.8']) {
      expect(addressOf(setting, '198.51.100.7', '203.0.113.9, 10.0.0.1')).toBe('198.51.100.7');
      expect(addressOf(setting, '::ffff:198.51.100.7', '203.0.113.9')).toBe('198.51.100.7');
      expect(addressOf(setting, '2001:db8::7', '203.0.113.9')).toBe('2001:db8::7');
    }
  });

  it('is the last value behind one proxy, so that earlier values are only claims', () => {
    for (const setting of ['1', 'true', '10.0.0.0/8', '10.0.0.1', 'fd00::/8, 10.0.0.1']) {
      expect(addressOf(setting, '10.0.0.1', '198.51.100.7')).toBe('198.51.100.7');
      expect(addressOf(setting, '::ffff:10.0.0.1', '203.0.113.9, 198.51.100.7')).toBe('198.51.100.7');
      expect(addressOf(setting, '10.0.0.1', '10.0.0.1, 198.51.100.7')).toBe('198.51.100.7');
    }
  });

  it('is followed past as many proxies as are set', () => {
    const chain = '203.0.113.9, 198.51.100.7, 10.0.0.2, 10.0.0.3';
    expect(addressOf('1', '10.0.0.4', chain)).toBe('10.0.0.3');
    expect(addressOf('2', '10.0.0.4', chain)).toBe('10.0.0.2');
    expect(addressOf('3', '10.0.0.4', chain)).toBe('198.51.100.7');
    expect(addressOf('9', '10.0.0.4', '198.51.100.7')).toBe('198.51.100.7');
  });

  it('is the last one outside the networks of the proxies', () => {
    const networks = '10.0.0.0/8,2001:db8:cd::/48';
    for (const proxy of ['10.0.0.3', '2001:db8:cd::3', '::ffff:a00:3', '10.0.0.3:443', '[2001:db8:cd::3]:443']) {
      expect(addressOf(networks, '10.0.0.4', `10.0.0.9, 198.51.100.7, ${proxy}`), proxy).toBe('198.51.100.7');
    }
    expect(addressOf(networks, '10.0.0.4', '10.0.0.2, 10.0.0.3')).toBe('10.0.0.2');
    expect(addressOf(networks, '10.0.0.4', '203.0.113.9, 2001:db8:ce::3')).toBe('2001:db8:ce::3');
  });

  it('has one spelling, without brackets, port and capitals', () => {
    for (const [written, address] of [
      ['198.51.100.7:41000', '198.51.100.7'],
      ['::ffff:198.51.100.7', '198.51.100.7'],
      ['2001:DB8:0:0::7', '2001:db8::7'],
      ['[2001:db8::7]', '2001:db8::7'],
      ['[2001:db8::7]:41000', '2001:db8::7'],
      ['203.0.113.9,\t198.51.100.7', '198.51.100.7'],
    ] as const) {
      expect(addressOf('1', '10.0.0.1', written), written).toBe(address);
    }
  });

  it('is that of the proxy when its value is missing or no address', () => {
    for (const written of [
      '',
      'unknown',
      '203.0.113.9, unknown',
      '203.0.113.9,',
      '203.0.113.9, ,',
      '0x7f.1',
      '7',
      '010.1.1.1',
    ]) {
      expect(addressOf('1', '10.0.0.1', written), written).toBe('10.0.0.1');
      expect(addressOf('10.0.0.0/8', '10.0.0.1', written), written).toBe('10.0.0.1');
    }
    expect(senderOf('1', '10.0.0.1').address).toBe('10.0.0.1');
  });

  it('is read from repeated headers in their order', () => {
    const { address } = senderOf('1', '10.0.0.1', { 'x-forwarded-for': ['203.0.113.9', '198.51.100.7'] });
    expect(address).toBe('198.51.100.7');
  });
});

describe('the host and the protocol', () => {
  const headers = { 'x-forwarded-host': 'evil.example, purser.example', 'x-forwarded-proto': 'http, https' };

  it('are the last ones that a trusted proxy reports, and no others', () => {
    const reported = { host: 'purser.example', protocol: 'https' };
    const none = { host: undefined, protocol: undefined };
    for (const setting of ['1', '2', '10.0.0.0/8'])
      expect(senderOf(setting, '10.0.0.1', headers)).toMatchObject(reported);
    expect(senderOf('0', '10.0.0.1', headers)).toMatchObject(none);
    expect(senderOf('10.0.0.0/8', '198.51.100.7', headers)).toMatchObject(none);
    expect(senderOf('1', '10.0.0.1', { 'x-forwarded-host': '', 'x-forwarded-proto': 'ftp' })).toMatchObject(none);
  });
});
