import { Pool } from 'pg';
import { browseMembers, pickMembers, exportMembers } from '@/server/domain/members/read';
import { browseMembersInput, seatFilters } from '@/server/domain/members/schema';
import { SEAT_SORTS } from '@/server/domain/members/rules';
import { services } from '@/server/http/services';
import { makeBenchTeam } from './world';

const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 1 });
async function teamOf(size: number) {
  const team = await makeBenchTeam(1);
  const { teamId } = team.ctx.actor;
  await owner.query(`WITH seats AS (INSERT INTO members (team_id, id, name, email, role, external_id) SELECT $1, uuid7(), md5(i::text) || ' Member ' || i, i || '@bench.example', 'member', 'ext-' || i FROM generate_series(2, $2::int) i RETURNING id) SELECT ledger_open_member($1, id) FROM seats`, [teamId, size]);
  await owner.query(`INSERT INTO usage_daily (team_id, member_id, day, country, messages, segments, delivered, failed, cost)
     SELECT $1, m.id, current_date - d, c, (random()*100)::int+1, 120, 1, 0, 110000 FROM members m, generate_series(0, 89) d, unnest('{US,GB}'::text[]) c WHERE m.team_id = $1`, [teamId]);
  await owner.query(`INSERT INTO usage_team_daily (team_id, day, country, lane, messages, segments, delivered, failed, cost)
     SELECT team_id, day, country, lane, sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost) FROM usage_daily, generate_series(0, 15) lane WHERE team_id = $1 GROUP BY 1, 2, 3, 4`, [teamId]);
  await owner.query(`INSERT INTO api_keys (team_id, id, member_id, digest, prefix, last4, sealed, last_used_at) SELECT $1, uuid7(), m.id, decode(md5(m.id::text), 'hex'), 'pur_live_abcd', substr(md5(m.id::text), 1, 4), 'x', now() - random() * interval '10 days' FROM members m WHERE m.team_id = $1 AND NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.team_id = $1 AND k.member_id = m.id)`, [teamId]);
  await owner.query(`INSERT INTO recharge_rules (team_id, member_id, enabled, threshold, target) SELECT $1, m.id, random() < 0.9, 5000000, 50000000 FROM members m WHERE m.team_id = $1 AND random() < 0.5`, [teamId]);
  await owner.query('VACUUM ANALYZE');
  return team.ctx;
}
const median = (t: number[]) => t.toSorted((a, b) => a - b)[Math.floor(t.length / 2)]!;
const small = await teamOf(100), large = await teamOf(10_000);
const run = async (name: string, work: (ctx: typeof small) => Promise<unknown>) => {
  const times: number[][] = [[], []];
  for (let i = 0; i < 25; i++) for (const [j, ctx] of [small, large].entries()) { const b = performance.now(); await work(ctx); times[j]!.push(performance.now() - b); }
  console.log(name.padEnd(40), times.map((t) => median(t).toFixed(2)).join('  '));
};
for (const sort of SEAT_SORTS) await run(`sort ${sort}`, (ctx) => browseMembers(ctx, browseMembersInput.parse({ sort, direction: 'desc' })));
await run('page 300', (ctx) => browseMembers(ctx, browseMembersInput.parse({ page: 300 })));
await run('query part', (ctx) => browseMembers(ctx, browseMembersInput.parse({ query: 'member 77' })));
await run('query 4', (ctx) => browseMembers(ctx, browseMembersInput.parse({ query: 'abcd' })));
await run('recharge waiting', (ctx) => browseMembers(ctx, browseMembersInput.parse({ recharge: 'waiting' })));
await run('recharge ready', (ctx) => browseMembers(ctx, browseMembersInput.parse({ recharge: 'ready' })));
await run('role owner', (ctx) => browseMembers(ctx, browseMembersInput.parse({ role: 'owner' })));
await run('pick all', (ctx) => pickMembers(ctx, seatFilters.parse({})));
await run('export all', async (ctx) => { for await (const p of exportMembers(ctx, browseMembersInput.parse({}))) void p; });
await owner.end();
await services().database.pool.end();
