import { Pool } from 'pg';
import { browseMembers, listMembers } from '@/server/domain/members/read';
import { browseMembersInput, memberListInput } from '@/server/domain/members/schema';
import { usageReport } from '@/server/domain/reports/read';
import { usageInput } from '@/server/domain/reports/schema';
import type { Ctx } from '@/server/domain/ctx';
import { printId } from '@/server/domain/ids';
import { services } from '@/server/http/services';
import { makeBenchTeam } from './world';

const SECONDS = Number(process.argv[2] ?? 6);
const SIZES = [100, 10_000];
const DAYS = 90;

/** A team of so many members, each with sums of two countries on every day, as their sends would have left them. */
async function makeTeamOf(owner: Pool, size: number): Promise<{ ctx: Ctx; member: string }> {
  const team = await makeBenchTeam(1);
  const { teamId } = team.ctx.actor;
  const seat = team.members[0]!.id;
  await owner.query(
    `WITH seats AS (INSERT INTO members (team_id, id, name, email, role)
       SELECT $1, uuid7(), 'Member ' || i, i || '@bench.example', 'member' FROM generate_series(2, $2::int) i RETURNING id)
     SELECT ledger_open_member($1, id) FROM seats`,
    [teamId, size],
  );
  await owner.query(
    `INSERT INTO usage_daily (team_id, member_id, day, country, messages, segments, delivered, failed, cost)
     SELECT $1, m.id, current_date - d, c, 10, 12, 9, 1, 110000 FROM members m, generate_series(0, $2::int) d, unnest('{US,GB}'::text[]) c WHERE m.team_id = $1`,
    [teamId, DAYS - 1],
  );
  // Sixteen lanes, as a busy team has.
  await owner.query(
    `INSERT INTO usage_team_daily (team_id, day, country, lane, messages, segments, delivered, failed, cost)
     SELECT team_id, day, country, lane, sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost)
     FROM usage_daily, generate_series(0, 15) lane WHERE team_id = $1 GROUP BY 1, 2, 3, 4`,
    [teamId],
  );
  await owner.query('VACUUM ANALYZE members, ledger_accounts, usage_daily, usage_team_daily');
  return { ctx: team.ctx, member: printId('mem', seat) };
}

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

const median = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

/** Lists and reports of a small team and of a large one, in turn, so that both meet the same machine. */
async function main(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 1 });
  const teams = [];
  for (const size of SIZES) teams.push(await makeTeamOf(owner, size));
  await owner.end();
  console.log(`\nLists and reports, one caller, median in ms: ${SIZES.map((size) => `${size} members`).join(', ')}`);
  for (const [name, work] of Object.entries(WORK)) {
    const times: number[][] = teams.map(() => []);
    for (const end = performance.now() + SECONDS * 1000; performance.now() < end;) {
      for (const [i, { ctx, member }] of teams.entries()) {
        const began = performance.now();
        await work(ctx, member);
        times[i]!.push(performance.now() - began);
      }
    }
    const [small, large] = times.map(median);
    console.log(`  ${name.padEnd(44)} ${small!.toFixed(2)}  ${large!.toFixed(2)}  × ${(large! / small!).toFixed(2)}`);
  }
  await services().database.pool.end();
}

await main();
