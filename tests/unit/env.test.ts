import { describe, expect, it } from 'vitest';
import { ConfigError, mustBeSafeToServe, parseEnv } from '@/server/env';

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
