import type { Pool } from 'pg';
import type { MemberActor } from '@/server/domain/core/actor';
import { makeContext, type Context } from '@/server/domain/core/context';
import { findMemberByKey } from '@/server/domain/teams/api-keys/read';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { createMember } from '@/server/domain/teams/members/write';
import { createTeam } from '@/server/domain/teams/teams/write';
import { actorOf } from '@/server/http/authenticate';
import { services } from '@/server/http/services';

const UNIT = 1_000_000n;

export type BenchTeam = {
  ctx: Context & { actor: MemberActor };
  key: string;
  slug: string;
  owner: { email: string; password: string };
  members: { id: string; key: string; ctx: Context }[];
};

let made = 0;

/** Creates a team with a large master balance and members with money. */
export async function makeBenchTeam(memberCount: number): Promise<BenchTeam> {
  made += 1;
  const owner = { name: 'Owner', email: `bench-${made}-${Date.now()}@example.test`, password: 'correct horse battery' };
  const rates = [{ country: null, prefix: '1', price: 10_000n }];
  const { teamId, apiKey, slug } = await createTeam(services(), {
    name: `Bench ${made}`,
    currency: 'USD',
    owner,
    rates,
  });
  const operator = makeContext(services(), {
    type: 'operator',
    teamId,
    currency: 'USD',
    name: 'Operator',
    channel: 'cli',
  });
  await fundTeam(operator, { amount: 900_000_000n * UNIT });
  const members = [];
  for (let i = 0; i < memberCount; i++) {
    const { member, secrets } = await createMember(operator, { role: 'member', credit: 100_000n * UNIT });
    members.push({ id: member.id, key: secrets.apiKey, ctx: await ctxOf(secrets.apiKey) });
  }
  return { ctx: await ctxOf(apiKey), key: apiKey, slug, owner, members };
}

/** The number of days on which each member of a crowd has sent. */
export const DAYS = 90;

/** Creates a team of that many members, each with sums for two countries on every day, like those of real sends. */
export async function makeCrowd(owner: Pool, size: number, days = DAYS): Promise<BenchTeam> {
  const team = await makeBenchTeam(1);
  const { teamId } = team.ctx.actor;
  await owner.query(
    `WITH made AS (INSERT INTO members (team_id, id, name, email, role)
       SELECT $1, uuid7(), 'Member ' || i, i || '@bench.example', 'member' FROM generate_series(2, $2::int) i RETURNING id)
     SELECT ledger_open_member($1, id) FROM made`,
    [teamId, size],
  );
  await owner.query(
    `INSERT INTO usage_daily (team_id, member_id, day, country, messages, segments, delivered, failed, cost)
     SELECT $1, m.id, current_date - d, c, 10, 12, 9, 1, 110000 FROM members m, generate_series(0, $2::int) d, unnest('{US,GB}'::text[]) c WHERE m.team_id = $1`,
    [teamId, days - 1],
  );
  // Uses sixteen lanes, as in a busy team.
  await owner.query(
    `INSERT INTO usage_team_daily (team_id, day, country, lane, messages, segments, delivered, failed, cost)
     SELECT team_id, day, country, lane, sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost)
     FROM usage_daily, generate_series(0, 15) lane WHERE team_id = $1 GROUP BY 1, 2, 3, 4`,
    [teamId],
  );
  await owner.query('VACUUM ANALYZE members, ledger_accounts, usage_daily, usage_team_daily');
  return team;
}

async function ctxOf(key: string): Promise<Context & { actor: MemberActor }> {
  const found = await findMemberByKey(services(), key);
  if (!found) throw new Error('The key was just created.');
  const actor = actorOf(found, '127.0.0.1');
  return { ...makeContext(services(), actor), actor };
}

export const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;

export const median = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
