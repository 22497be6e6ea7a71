import { describe, expect, it } from 'vitest';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CARRIERS, ConfigError, mustBeSafeToServe, parseEnv } from '@/server/env';
import { mustBeValidCarriers } from '@/server/jobs/carriers';
import { CARRIER_KINDS } from '@/server/outbound/carriers/registry';

const given = {
  DATABASE_URL: 'postgres://app@db/purser',
  PURSER_SECRET: 'tests-only-7f3Kq9ZsX2vB8mNw4LrT6yHc',
  CARRIER: 'sandbox',
};
const serve = (more: Record<string, string | undefined>) => () => mustBeSafeToServe(parseEnv({ ...given, ...more }));

describe('plain http', () => {
  it('is refused outside the demo, naming the variable to set', () => {
    for (const more of [{}, { APP_URL: 'http://purser.example.com' }, { ALLOW_HTTP: '0' }]) {
      expect(serve(more)).toThrow(ConfigError);
      expect(serve(more)).toThrow(/APP_URL[^]*ALLOW_HTTP=1/);
    }
  });

  it('is served in the demo, and where the operator allows it', () => {
    for (const more of [{ PURSER_DEMO: '1' }, { ALLOW_HTTP: '1' }, { APP_URL: 'https://purser.example.com' }]) {
      expect(serve(more)).not.toThrow();
    }
  });

  it('does not matter to commands that serve nothing', () => {
    expect(parseEnv(given).https).toBe(false);
  });
});

describe('the history of the demo', () => {
  it('is three months long unless fewer days are given', () => {
    const days = (text?: string) => parseEnv({ ...given, PURSER_DEMO_DAYS: text }).demoDays;
    expect([days(), days('1'), days('90')]).toEqual([90, 1, 90]);
    for (const bad of ['0', '91', 'week']) expect(() => days(bad)).toThrow(/PURSER_DEMO_DAYS/);
  });
});

describe('the retention of the log', () => {
  it('is unlimited unless a whole number of months is given', () => {
    const months = (text?: string) => parseEnv({ ...given, LOG_RETENTION_MONTHS: text }).logRetentionMonths;
    expect([months(), months('0'), months('13'), months('240')]).toEqual([0, 0, 13, 240]);
    for (const bad of ['-1', '241', '1.5', 'year']) expect(() => months(bad)).toThrow(/LOG_RETENTION_MONTHS/);
  });
});

describe('trusted proxies', () => {
  const proxies = (text?: string) => parseEnv({ ...given, TRUST_PROXY: text }).trustProxy;

  it('are none, a number in a row, or a list of networks', () => {
    expect([proxies(), proxies('0'), proxies('false'), proxies('true'), proxies('1'), proxies('9')]).toEqual([
      0, 0, 0, 1, 1, 9,
    ]);
    expect(proxies('10.0.0.0/8')).toEqual(['10.0.0.0/8']);
    expect(proxies('10.0.0.1, 2001:db8::1,fd00::/8')).toEqual(['10.0.0.1/32', '2001:db8::1/128', 'fd00::/8']);
  });

  it('are refused when a part is no network, or every address would be trusted', () => {
    for (const bad of [
      'yes',
      '10',
      '-1',
      '1.5',
      ',',
      '10.0.0.0/8,',
      '10.0.0.0/8,2',
      '10.0/8',
      '10.0.0.0/33',
      '10.0.0.0/x',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '010.0.0.1',
      '2001:db8::/129',
      '0.0.0.0/0',
      '::/0',
      '::/00',
      'localhost',
    ]) {
      expect(() => proxies(bad), bad).toThrow(/TRUST_PROXY must be 0, the number of proxies/);
    }
  });
});

describe('the settings of carriers', () => {
  const file = (content: unknown): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'purser-')), 'carriers.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const read = (more: Record<string, string>) => {
    const { carriers, routes } = parseEnv({
      ...given,
      ...more,
      ...('CARRIERS_FILE' in more && { CARRIER: undefined }),
    });
    return { carriers, routes };
  };

  it('name the kinds that there are', () => {
    expect([...CARRIERS].toSorted()).toEqual([...CARRIER_KINDS].toSorted());
  });

  it('are one carrier for every message, with its settings as JSON', () => {
    expect(read({ CARRIER: 'kannel', CARRIER_SETTINGS: '{"url":"http://127.0.0.1:13013"}' })).toEqual({
      carriers: { kannel: { kind: 'kannel', settings: { url: 'http://127.0.0.1:13013' } } },
      routes: [{ carrier: 'kannel' }],
    });
  });

  it('are several carriers with their routes in a file', () => {
    const content = {
      carriers: { main: { kind: 'smpp', settings: { host: 'smsc' } }, backup: { kind: 'sandbox' } },
      routes: [{ carrier: 'main', countries: ['DE'], maxPerSecond: 50 }, { carrier: 'backup' }],
    };
    expect(read({ CARRIERS_FILE: file(content) })).toEqual({
      carriers: { main: content.carriers.main, backup: { kind: 'sandbox', settings: {} } },
      routes: content.routes,
    });
  });

  it('are checked by each carrier before a worker starts', () => {
    const carriers = {
      gateway: { kind: 'kannel' as const, settings: { url: 'ftp://x', username: 'a', password: 'b' } },
      direct: { kind: 'smpp' as const, settings: { host: 'smsc' } },
    };
    expect(() => mustBeValidCarriers({ carriers })).toThrow(ConfigError);
    expect(() => mustBeValidCarriers({ carriers })).toThrow(/gateway \(kannel\): url: [^]*direct \(smpp\): systemId: /);
    expect(() => mustBeValidCarriers({ carriers: { a: { kind: 'sandbox', settings: {} } } })).not.toThrow();
  });

  it.each<[string, Record<string, string>, string]>([
    ['no JSON', { CARRIER: 'kannel', CARRIER_SETTINGS: '{' }, 'CARRIER_SETTINGS is not readable as JSON'],
    ['no file', { CARRIERS_FILE: '/nowhere/carriers.json' }, 'CARRIERS_FILE is not readable as JSON'],
    ['no route', { CARRIERS_FILE: file({ carriers: { a: { kind: 'sandbox' } }, routes: [] }) }, 'at least one route'],
    [
      'a route to an unknown carrier',
      { CARRIERS_FILE: file({ carriers: { a: { kind: 'sandbox' } }, routes: [{ carrier: 'b' }] }) },
      'has a route to b, which is not in it',
    ],
    [
      'no route for all other messages',
      { CARRIERS_FILE: file({ carriers: { a: { kind: 'sandbox' } }, routes: [{ carrier: 'a', countries: ['DE'] }] }) },
      'must end with a route without conditions',
    ],
    [
      'an unknown kind',
      { CARRIERS_FILE: file({ carriers: { a: { kind: 'pigeon' } }, routes: [{ carrier: 'a' }] }) },
      'CARRIERS_FILE carriers.a.kind',
    ],
  ])('are refused with %s', (_, more, detail) => {
    expect(() => read(more)).toThrow(detail);
  });
});
