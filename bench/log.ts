import { Pool } from 'pg';
import type { Context } from '@/server/domain/core/context';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { logFilters } from '@/server/domain/messaging/message-log/schema';
import { firstKeptDay } from '@/server/domain/messaging/messages/read';
import { browseUsage, usageReport, verifyReports } from '@/server/domain/messaging/usage/read';
import type { GROUPS } from '@/server/domain/messaging/usage/rules';
import { browseUsageInput, usageInput } from '@/server/domain/messaging/usage/schema';
import { services } from '@/server/http/services';
import { dropOldMessages } from '@/server/jobs/retention';
import { measureCsv } from './log/csv';
import { measureInsert } from './log/insert';
import { measurePages } from './log/pages';
import { HOT, sizeOfLog, writeLog } from './log/rows';
import { explainWork, timeInTurn } from './timing';
import type { BenchTeam } from './world';
import { browseFacets } from '@/server/domain/messaging/message-log/read';

const ROWS = Number(process.env['LOG_ROWS'] ?? 10_000_000);
const STATISTICS_MS = 50;
const KEPT_MONTHS = 6;

type Work = { name: string; work: (ctx: Context) => Promise<unknown>; atMostMs?: number };

const dayBefore = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

const yearBy = (groupBy: (typeof GROUPS)[number]): Work => ({
  name: `a year's usage of 100 members by ${groupBy}`,
  work: (ctx) => usageReport(ctx, usageInput.parse({ from: dayBefore(365), to: dayBefore(-1), groupBy })),
  atMostMs: STATISTICS_MS,
});

const pageBy = (groupBy: (typeof GROUPS)[number]): Work => ({
  name: `the page of statistics, a year beside the one before, by ${groupBy}`,
  work: (ctx) => browseUsage(ctx, browseUsageInput.parse({ from: dayBefore(364), to: dayBefore(-1), groupBy })),
});

const facets = (name: string, query: object): Work => ({
  name: `histogram and facets: ${name}`,
  work: (ctx) => browseFacets(ctx, logFilters.parse(query)),
});

/** The queries of pages on the log and its sums besides lists, a line each. */
const WORKS: Work[] = [
  yearBy('member'),
  yearBy('day'),
  yearBy('country'),
  pageBy('member'),
  pageBy('day'),
  { name: 'the first day that is kept', work: firstKeptDay },
  facets('no filter', {}),
  facets('a country, delivered', { country: HOT.country, status: 'delivered' }),
  facets('a recipient, 30 days (counted in the log)', { recipient: HOT.recipient, from: dayBefore(30) }),
  facets('a campaign, 30 days (counted in the log)', { reference: HOT.reference, from: dayBefore(30) }),
];

/**
 * Measures a log of ten million rows (`LOG_ROWS`), written through the real schema, with every query of the pages and
 * the API.
 */
async function main(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 2 });
  console.log(`\nA log of ${ROWS} messages, one year, one team of 100 members`);
  const team = await writeLog(owner, ROWS);
  console.log(`  on disk: ${await sizeOfLog(owner)}`);
  const misses = [await provenSums(), await measurePages(owner, team), await measureWorks(team)].flat();
  misses.push(...(await measureCsv(owner, team, ROWS)));
  await measureInsert(owner);
  misses.push(...(await measureRetention(owner)));
  await Promise.all([owner.end(), services().database.pool.end()]);
  console.log(misses.length === 0 ? '\nAll within bounds.' : `\nOut of bounds: ${misses.join(', ')}`);
  if (misses.length > 0) process.exitCode = 1;
}

async function provenSums(): Promise<string[]> {
  const began = performance.now();
  const { ok, messages, sums, problems } = await verifyReports(services().database.db);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`  reports verify: ${messages} messages recounted against ${sums} sums in ${seconds} s`);
  return ok ? [] : [`sums: ${problems[0]}`];
}

async function measureWorks({ ctx }: BenchTeam): Promise<string[]> {
  console.log('\nSums and figures, one caller, in ms: seen by the caller, and of the database alone (medians)');
  const misses: string[] = [];
  for (const { name, work, atMostMs = Infinity } of WORKS) {
    const [wall] = await timeInTurn([() => work(ctx)], 11);
    const inside = [];
    let plans = '';
    for (let i = 0; i < 5; i++) {
      const explained = await explainWork(ctx, () => work(ctx));
      inside.push(explained.reduce((sum, { ms }) => sum + ms, 0));
      plans = explained.map(({ plan }) => plan).join('\n');
    }
    const database = inside.toSorted((a, b) => a - b)[2]!;
    const isMissed = database > atMostMs;
    console.log(
      `  ${name.padEnd(66)} ${wall!.toFixed(1).padStart(7)} ${database.toFixed(1).padStart(7)}${isMissed ? '  OUT OF BOUNDS' : ''}`,
    );
    if (isMissed) misses.push(name);
    if (process.env['LOG_EXPLAIN'] === '1') console.log(plans);
  }
  return misses;
}

/** Drops the older half of the year and checks that balances and sums are unchanged. */
async function measureRetention(owner: Pool): Promise<string[]> {
  const figures = async () => {
    const { rows } = await owner.query<{ said: string }>(
      `SELECT concat((SELECT md5(string_agg(a::text, '' ORDER BY team_id, id)) FROM ledger_accounts a),
         (SELECT md5(string_agg(u::text, '' ORDER BY team_id, member_id, day, country)) FROM usage_daily u)) AS said`,
    );
    return rows[0]!.said;
  };
  const before = await figures();
  const began = performance.now();
  const dropped = await dropOldMessages(owner, KEPT_MONTHS);
  const ms = performance.now() - began;
  const isSame = before === (await figures());
  const [ledger, reports] = [await verifyLedger(services().database.db), await verifyReports(services().database.db)];
  console.log(`\nRetention of ${KEPT_MONTHS} months: ${dropped.length} months dropped in ${(ms / 1000).toFixed(2)} s`);
  console.log(
    `  balances and sums ${isSame ? 'are as they were' : 'DIFFER'}; ${reports.daysNotRecounted} days can no longer be recounted`,
  );
  return isSame && ledger.ok && reports.ok && dropped.length > 0 ? [] : ['retention'];
}

await main();
