import { describe, expect, it } from 'vitest';
import { wholeDaysOf, listDays, knownToSums } from '@/server/domain/messaging/message-log/rules';

const NOW = new Date('2026-03-14T15:09:26Z');
const FIRST = '2026-01-10';

describe('the days of a range', () => {
  it.each([
    ['everything that is kept', {}, '2026-01-10', '2026-03-15', true],
    ['from a day on', { from: '2026-03-01' }, '2026-03-01', '2026-03-15', true],
    ['up to a day', { to: '2026-02-01' }, '2026-01-10', '2026-02-01', true],
    ['from before anything is kept', { from: '2020-01-01' }, '2026-01-10', '2026-03-15', true],
    ['up to after today', { from: '2026-03-14', to: '2026-05-01' }, '2026-03-14', '2026-03-15', true],
    ['from the middle of a day', { from: '2026-03-01T12:00:00Z' }, '2026-03-01', '2026-03-15', false],
    ['up to the middle of a day', { to: '2026-03-01T00:00:00.001Z' }, '2026-01-10', '2026-03-02', false],
    ['up to later today', { to: '2026-03-14T16:00:00Z' }, '2026-01-10', '2026-03-15', false],
    ['after today', { from: '2026-04-01' }, '2026-03-15', '2026-03-15', true],
    ['before anything is kept', { to: '2025-06-01' }, '2025-06-01', '2025-06-01', true],
  ] as const)('%s', (_what, range: { from?: string; to?: string }, from, to, whole) => {
    const given = {
      ...(range.from && { from: new Date(range.from) }),
      ...(range.to && { to: new Date(range.to) }),
    };
    const days = wholeDaysOf(given, FIRST, NOW);
    expect(days).toMatchObject({ from, to, whole });
    expect(listDays(days)).toHaveLength(days.count);
    expect(listDays(days)[0]).toBe(days.count === 0 ? undefined : from);
  });

  it('end with the day of an instant at its first moment', () => {
    expect(wholeDaysOf({}, FIRST, new Date('2026-03-14T00:00:00Z'))).toMatchObject({ to: '2026-03-15' });
  });
});

describe('the daily sums', () => {
  it('know the status, the member, the country and the day, and nothing else', () => {
    expect(knownToSums({})).toBe(true);
    expect(knownToSums({ status: 'delivered' })).toBe(true);
    expect(knownToSums({ status: 'failed' })).toBe(true);
    expect(knownToSums({ status: 'queued' })).toBe(false);
    expect(knownToSums({ reference: 'order-1' })).toBe(false);
    expect(knownToSums({ recipient: '+1415' })).toBe(false);
  });
});
