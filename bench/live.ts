import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'next-auth/jwt';
import { Pool } from 'pg';
import { creditMember } from '@/server/domain/billing/ledger/write';
import { services } from '@/server/http/services';
import { makeBenchTeam, type BenchTeam } from './world';

const SECONDS = Math.max(20, Number(process.argv[2] ?? 20));
const STREAMS = 500;
const OWNERS = 50;
const CHANGES_A_SECOND = 20;
const URL_OF_WEB = process.env['BENCH_URL']!;
const WEB_PID = Number(process.env['BENCH_WEB_PID']);
const TICKS_A_SECOND = 100;

type Watching = { memberId: string; role: string; heardAt: number[] };

/** Creates users with a member and a session each, as after signing in. */
async function makePeople(owner: Pool, team: BenchTeam): Promise<{ memberId: string; role: string; sid: string }[]> {
  const { rows } = await owner.query<{ memberId: string; role: string; sid: string }>(
    `WITH people AS (SELECT i, uuid7() AS user_id, uuid7() AS member_id, uuid7() AS sid,
         CASE WHEN i <= $3 THEN 'owner' ELSE 'member' END AS role FROM generate_series(1, $2::int) i),
       u AS (INSERT INTO users (id, email, name) SELECT user_id, 'live-' || i || '@bench.example', 'Person ' || i FROM people RETURNING id),
       m AS (INSERT INTO members (team_id, id, user_id, name, email, role)
         SELECT $1, member_id, user_id, 'Person ' || i, 'live-' || i || '@bench.example', role FROM people RETURNING id),
       s AS (INSERT INTO sessions (id, user_id, expires_at) SELECT sid, user_id, now() + interval '1 day' FROM people RETURNING id)
     SELECT member_id AS "memberId", role, sid FROM people, (SELECT count(*) FROM u) a, (SELECT count(*) FROM m) b, (SELECT count(*) FROM s) c`,
    [team.ctx.actor.teamId, STREAMS, OWNERS],
  );
  await owner.query('SELECT ledger_open_member($1, id) FROM unnest($2::uuid[]) id', [
    team.ctx.actor.teamId,
    rows.map(({ memberId }) => memberId),
  ]);
  return rows;
}

/** Opens one stream and resolves once it is open. */
async function watch({ memberId, role, sid }: { memberId: string; role: string; sid: string }): Promise<Watching> {
  const cookie = `purser-session=${await encode({ token: { sid }, secret: services().vault.secretFor('sign-in') })}`;
  const watching: Watching = { memberId, role, heardAt: [] };
  await new Promise<void>((resolve, reject) => {
    const asked = request(`${URL_OF_WEB}/account/live`, { agent: false, headers: { cookie } }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`A stream is answered with ${answer.statusCode}.`));
      resolve();
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => text.includes('event: change') && watching.heardAt.push(performance.now()));
    });
    asked.on('error', reject);
    asked.end();
  });
  return watching;
}

const megabytes = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${WEB_PID}/status`, 'utf8'))![1]) / 1024;

/** Returns the CPU seconds that the web process has used. */
function cpuSeconds(): number {
  const stat = readFileSync(`/proc/${WEB_PID}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user! + system!) / TICKS_A_SECOND;
}

async function cpuShare(work: () => Promise<void>): Promise<string> {
  const [began, before] = [performance.now(), cpuSeconds()];
  await work();
  return `${((100_000 * (cpuSeconds() - before)) / (performance.now() - began)).toFixed(1)} %`;
}

/**
 * Credits members in turn, slowly enough that each credit arrives before the member's next one; returns the commit
 * times.
 */
async function change(team: BenchTeam, people: Watching[]): Promise<{ who: Watching; at: number }[]> {
  const members = people.filter(({ role }) => role === 'member');
  const made: { who: Watching; at: number }[] = [];
  const began = performance.now();
  for (let i = 0; i < SECONDS * CHANGES_A_SECOND; i += 1) {
    await sleep(began + (i * 1000) / CHANGES_A_SECOND - performance.now());
    const who = members[i % members.length]!;
    await creditMember(team.ctx, { memberId: who.memberId, amount: 10_000n });
    made.push({ who, at: performance.now() });
  }
  return made;
}

async function main(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 1 });
  const team = await makeBenchTeam(1);
  const people = await makePeople(owner, team);
  for (let i = 0; i < 20; i += 1) await (await fetch(`${URL_OF_WEB}/sign-in`)).text();
  await sleep(1_000);
  const idle = megabytes();
  const watching: Watching[] = [];
  for (const user of people) watching.push(await watch(user));
  await sleep(2_000);
  const opened = megabytes();
  const quiet = await cpuShare(() => sleep(16_000));
  for (const one of watching) one.heardAt.length = 0;
  let made: Awaited<ReturnType<typeof change>> = [];
  const busy = await cpuShare(async () => void (made = await change(team, watching)));
  await sleep(1_000);
  const after = megabytes();
  const { rows } = await owner.query<{ name: string; count: number }>(
    `SELECT application_name AS name, count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'purser%' GROUP BY 1 ORDER BY 1`,
  );
  const times = made.map(({ who, at }) => (who.heardAt.find((received) => received >= at) ?? Infinity) - at);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    `${sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(0)} ms`;
  const toOwners = watching.filter(({ role }) => role === 'owner').map(({ heardAt }) => heardAt.length);
  const events = toOwners.reduce((sum, n) => sum + n, 0) / toOwners.length / SECONDS;
  console.log(`
Live: ${STREAMS} open streams (${OWNERS} of owners) on one web process, ${made.length} credits in ${SECONDS} s in their team
  memory before, with all open, after   ${idle.toFixed(0)}, ${opened.toFixed(0)}, ${after.toFixed(0)} MB: ${(((opened - idle) * 1024) / STREAMS).toFixed(0)} kB a stream
  its processor, quiet and busy         ${quiet}, ${busy}
  connections to Postgres               ${rows.map(({ name, count }) => `${name} ${count}`).join(', ')}
  from the commit to the event          p50 ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}; unheard ${times.filter((ms) => ms === Infinity).length}
  events a second to an owner           ${events.toFixed(1)}`);
  process.exit(0);
}

await main();
