import { Pool } from 'pg';
import { browseMembers, listMembers } from '@/server/domain/members/read';
import { browseMembersInput, memberListInput } from '@/server/domain/members/schema';
import { usageReport } from '@/server/domain/reports/read';
import { usageInput } from '@/server/domain/reports/schema';
import type { Ctx } from '@/server/domain/ctx';
import { printId } from '@/server/domain/ids';
import { services } from '@/server/http/services';
import { DAYS, makeCrowd, median } from './world';

const SECONDS = Number(process.argv[2] ?? 6);
const SIZES = [100, 10_000];

const WORK: Record<string, (ctx: Ctx, member: string) => Promise<unknown>> = {
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
};

const firstDay = (): string => new Date(Date.now() - (DAYS - 1) * 86_400_000).toISOString().slice(0, 10);

/** Lists and reports of a small team and of a large one, in turn, so that both meet the same machine. */
async function main(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 1 });
  const teams = [];
  for (const size of SIZES) teams.push(await makeCrowd(owner, size));
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
