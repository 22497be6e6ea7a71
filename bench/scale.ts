import { drizzle } from 'drizzle-orm/node-postgres';
import { readFileSync } from 'node:fs';
import { Pool, type PoolClient } from 'pg';
import { browseMembers, listMembers } from '@/server/domain/teams/members/read';
import { browseMembersInput, memberListInput } from '@/server/domain/teams/members/schema';
import { browseUsage, usageReport } from '@/server/domain/messaging/usage/read';
import { GROUPS } from '@/server/domain/messaging/usage/rules';
import { browseUsageInput, usageInput } from '@/server/domain/messaging/usage/schema';
import type { Context } from '@/server/domain/core/context';
import { printId } from '@/server/domain/core/ids';
import { services } from '@/server/http/services';
import { DAYS, makeCrowd, median } from './world';

const SECONDS = Number(process.argv[2] ?? 6);
const SIZES = [100, 10_000];

const WORK: Record<string, (ctx: Context, member: string) => Promise<unknown>> = {
  'members, first page of 25': (ctx) => listMembers(ctx, memberListInput.parse({})),
  'the page of members, by name': (ctx) => browseMembers(ctx, browseMembersInput.parse({})),
  'the page of members, by balance': (ctx) => browseMembers(ctx, browseMembersInput.parse({ sort: 'balance' })),
  'the page of members, found by a part of a name': (ctx) =>
    browseMembers(ctx, browseMembersInput.parse({ query: 'ber 77' })),
  [`usage by day, ${DAYS} days`]: (ctx) => usageReport(ctx, usageInput.parse({ from: firstDay() })),
  [`usage by country, ${DAYS} days`]: (ctx) =>
    usageReport(ctx, usageInput.parse({ from: firstDay(), groupBy: 'country' })),
  [`usage of one member by day, ${DAYS} days`]: (ctx, memberId) =>
    usageReport(ctx, usageInput.parse({ from: firstDay(), memberId })),
  [`statistics by member, 30 days`]: (ctx) =>
    browseUsage(ctx, browseUsageInput.parse({ from: firstDay(30), groupBy: 'member' })),
};

const firstDay = (days = DAYS): string => new Date(Date.now() - (days - 1) * 86_400_000).toISOString().slice(0, 10);

const YEAR_DAYS = 365;
const ROUNDS = 15;

type Said = { query: string; params: unknown[] };

/**
 * Measures a year's statistics of 100 members, who have sent to two countries on each day of it and of the year before:
 * the CPU of the database with one process, which other work on the machine hardly affects.
 */
async function yearOfStatistics(owner: Pool): Promise<void> {
  const { ctx } = await makeCrowd(owner, 100, 2 * YEAR_DAYS);
  const said: Said[] = [];
  const logger = { logQuery: (query: string, params: unknown[]) => void said.push({ query, params }) };
  const received = { ...ctx, db: drizzle(ctx.database.pool, { logger }) };
  const client = await ctx.database.pool.connect();
  await client.query('SET max_parallel_workers_per_gather = 0');
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  console.log(`\nStatistics of a year, 100 members, beside the year before: median of the database's CPU`);
  for (const groupBy of GROUPS) {
    said.length = 0;
    const [from, to] = [firstDay(YEAR_DAYS), firstDay(0)];
    await browseUsage(received, browseUsageInput.parse({ from, to, groupBy }));
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) times.push(await cpuOf(client, rows[0]!.pid, said));
    console.log(`  by ${groupBy.padEnd(41)} ${median(times).toFixed(1)} ms in ${said.length} statements`);
  }
  client.release(true);
}

/** Returns the CPU milliseconds of the database's process for some statements, as Linux counts them. */
async function cpuOf(client: PoolClient, pid: number, said: Said[]): Promise<number> {
  const now = () => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]) / 1e6;
  const before = now();
  for (const { query, params } of said) await client.query(query, params);
  return now() - before;
}

/** Measures lists and reports of a small and of a large team in turn, so that both meet the same load. */
async function main(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 1 });
  const teams = [];
  for (const size of SIZES) teams.push(await makeCrowd(owner, size));
  await yearOfStatistics(owner);
  await owner.end();
  console.log(`\nLists and reports, one caller, median in ms: ${SIZES.map((size) => `${size} members`).join(', ')}`);
  for (const [name, work] of Object.entries(WORK)) {
    const times: number[][] = teams.map(() => []);
    for (const end = performance.now() + SECONDS * 1000; performance.now() < end;) {
      for (const [i, { ctx, members }] of teams.entries()) {
        const began = performance.now();
        await work(ctx, printId('mem', members[0]!.id));
        times[i]!.push(performance.now() - began);
      }
    }
    const [small, large] = times.map(median);
    console.log(`  ${name.padEnd(44)} ${small!.toFixed(2)}  ${large!.toFixed(2)}  × ${(large! / small!).toFixed(2)}`);
  }
  await services().database.pool.end();
}

await main();
