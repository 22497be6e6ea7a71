import { newUuid7, printId } from '@/server/domain/core/ids';
import { describe, expect, it } from 'vitest';
import {
  exportUsageQuery,
  isAskable,
  loadStatisticsView,
  logQuery,
  PRESETS,
  rangeOf,
  usageQuestion,
} from '@/components/statistics/search-params';
import { changeOf, percent } from '@/components/statistics/labels';
import { against } from '@/components/ui/against';
import { addDays, daysIn, splitRange, RANGE_MAX_DAYS, rangeBefore } from '@/server/domain/messaging/usage/rules';

const viewOf = (query: string) => loadStatisticsView(new URLSearchParams(query));

const [A, B, C] = [0, 1, 2].map(() => printId('mem', newUuid7())) as [string, string, string];

describe('a range of days', () => {
  it.each([
    ['2026-03-01', '2026-03-02', '2026-02-28', '2026-03-01'],
    ['2024-03-01', '2024-03-31', '2024-01-31', '2024-03-01'],
    ['2026-01-01', '2027-01-01', '2025-01-01', '2026-01-01'],
  ])('from %s to before %s is compared with the one from %s to before %s', (from, to, fromBefore, toBefore) => {
    const before = rangeBefore({ from, to });
    expect(before).toEqual({ from: fromBefore, to: toBefore });
    expect(daysIn(before)).toBe(daysIn({ from, to }));
  });

  it('has at most 31 parts of whole days, which cover it and end with it', () => {
    for (let days = 1; days <= RANGE_MAX_DAYS; days += 1) {
      const { count, days: each } = splitRange({ from: '2024-01-01', to: addDays('2024-01-01', days) });
      expect(count).toBeLessThanOrEqual(31);
      expect(count * each).toBeGreaterThanOrEqual(days);
      expect((count - 1) * each).toBeLessThan(days);
    }
  });
});

describe('the range in a URL', () => {
  const lengths = (query: string, today: string) => {
    const range = rangeOf(viewOf(query), today);
    return [range.from, addDays(range.to, -1), daysIn(range)];
  };

  it.each([
    ['', '2026-11-28', '2026-10-30', '2026-11-28', 30],
    ['range=7-days', '2026-03-02', '2026-02-24', '2026-03-02', 7],
    ['range=90-days', '2026-11-28', '2026-08-31', '2026-11-28', 90],
    ['range=this-month', '2026-11-28', '2026-11-01', '2026-11-28', 28],
    ['range=this-month', '2026-12-01', '2026-12-01', '2026-12-01', 1],
    ['range=last-month', '2026-01-15', '2025-12-01', '2025-12-31', 31],
    ['range=last-month', '2024-03-31', '2024-02-01', '2024-02-29', 29],
    ['range=this-year', '2026-11-28', '2026-01-01', '2026-11-28', 332],
    ['range=12-months', '2026-11-28', '2025-11-29', '2026-11-28', 365],
    ['range=12-months', '2024-12-31', '2024-01-01', '2024-12-31', 366],
    ['from=2026-03-01&to=2026-03-01', '2026-11-28', '2026-03-01', '2026-03-01', 1],
    ['from=2026-11-27', '2026-11-28', '2026-11-27', '2026-11-28', 2],
    ['to=2026-03-30', '2026-11-28', '2026-03-01', '2026-03-30', 30],
    ['range=never', '2026-11-28', '2026-10-30', '2026-11-28', 30],
  ])('?%s on %s is %s to %s', (query, today, from, last, days) => {
    expect(lengths(query, today)).toEqual([from, last, days]);
  });

  it('can be on any day, with every named range', () => {
    for (let day = '2024-01-01'; day < '2029-01-01'; day = addDays(day, 1)) {
      for (const range of PRESETS)
        expect([day, range, isAskable(rangeOf(viewOf(`range=${range}`), day))]).toContain(true);
    }
  });

  it.each(['from=2026-03-02&to=2026-03-01', 'from=2020-01-01&to=2026-01-01', 'from=1969-12-31&to=1970-01-02'])(
    '?%s is invalid',
    (query) => expect(usageQuestion(viewOf(query), null)).toBeNull(),
  );
});

describe('the filters of the statistics', () => {
  it('sort by the measured value, days by the newest first, unless another order is given', () => {
    const orderOf = (query: string) => {
      const { sort, direction } = usageQuestion(viewOf(query), null)!;
      return [sort, direction];
    };
    expect(orderOf('')).toEqual(['name', 'desc']);
    expect(orderOf('by=member')).toEqual(['cost', 'desc']);
    expect(orderOf('by=country&measure=messages')).toEqual(['messages', 'desc']);
    expect(orderOf('by=member&sort=name&dir=asc')).toEqual(['name', 'asc']);
  });

  it('are limited to the member itself, whatever the URL', () => {
    const asked = usageQuestion(viewOf(`by=member&member=${B},${C}&country=de`), A);
    expect(asked).toMatchObject({ groupBy: 'day', memberId: [A], country: 'DE' });
    expect(usageQuestion(viewOf(`member=${B},${C}&country=Germany`), null)).not.toHaveProperty('country');
  });

  it('take only codes of countries, as others have no name to show', () => {
    const codes = ['de', 'GB', '', '!!!', 'Germany'].map((code) => viewOf(`country=${code}`).country);
    expect(codes).toEqual(['DE', 'GB', null, null, null]);
  });

  it('are passed to the file and to the log in their own formats: the log’s last day is shown whole', () => {
    const asked = usageQuestion(viewOf(`from=2026-03-01&to=2026-03-31&by=country&member=${B},${C}`), null)!;
    expect(exportUsageQuery(asked)).toBe(
      `from=2026-03-01&to=2026-04-01&groupBy=country&sort=cost&direction=desc&memberId=${B}&memberId=${C}`,
    );
    expect(logQuery(asked, { country: 'DE' })).toBe(`from=2026-03-01&to=2026-03-31&member=${B}%2C${C}&country=DE`);
    expect(logQuery(asked, { day: '2026-03-05' })).toBe(`from=2026-03-05&to=2026-03-05&member=${B}%2C${C}`);
    expect(logQuery(asked, { memberId: A })).toBe(`from=2026-03-01&to=2026-03-31&member=${A}`);
  });
});

describe('a figure compared with the previous period', () => {
  it.each([
    [0, 0, '–', 'No change'],
    [5, 0, 'new', 'No data for previous day'],
    [0, 5, '-100%', '-100% vs previous day'],
    [100, 100, '0%', 'No change'],
    [103, 100, '+3%', '+3% vs previous day'],
    [1034, 1000, '+3.4%', '+3% vs previous day'],
    [4000, 100, '× 40', '×40 vs previous day'],
  ])('%d after %d', (now, before, short, long) => {
    expect(changeOf(now, before, 'en-US')).toBe(short);
    expect(against(now, before, 'en-US', 'previous day')).toBe(long);
  });

  it('is a share of a total, if there is one', () => {
    expect([percent(1, 3, 'en-US'), percent(0, 0, 'en-US'), percent(3, 3, 'en-US')]).toEqual(['33.3%', '–', '100.0%']);
  });
});
