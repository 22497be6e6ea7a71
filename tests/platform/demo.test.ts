import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argumentsFor } from '@/scripts/start/build.mjs';
import { openDatabase } from '@/db/client';
import { parseId } from '@/server/domain/core/ids';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { POSTED_KIND_NAMES } from '@/server/domain/billing/ledger/rules';
import { ownDatabase, type TestDatabase } from '../support/database';

const KILLED_AFTER_DAYS = 12;

type Demo = { teamId: string; memberId: string; apiKey: string };

let database: TestDatabase & { drop: () => Promise<void> };
let pool: Pool;
let teamId: string;
let demo: Demo;
/** The days that were stored when the first run was killed, and their contents. */
let before: { days: Day[] };
let finishedAt: Date;

type Day = { day: string; messages: string; cost: string };

const rows = async <R extends object>(sql: string): Promise<R[]> => (await pool.query<R>(sql)).rows;

const daysNow = () =>
  rows<Day>(
    `SELECT created_at::date::text AS day, count(*) AS messages, sum(price * segments) AS cost FROM messages GROUP BY 1 ORDER BY 1`,
  );

function start() {
  const { ownerUrl, appUrl } = database;
  const env = {
    ...process.env,
    DATABASE_URL: appUrl,
    DATABASE_OWNER_URL: ownerUrl,
    DATABASE_DIRECT_URL: ownerUrl,
    PURSER_DEMO: '1',
  };
  const child = spawn(process.execPath, argumentsFor('cli/demo.ts'), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => (said.stdout += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (said.stderr += part));
  return {
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill: () => void child.kill('SIGKILL'),
    ended: once(child, 'close').then(() => ({ code: child.exitCode, ...said })),
  };
}

async function runWhole(): Promise<Demo> {
  const { code, stdout, stderr } = await start().ended;
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** Kills the first run in the middle, like a power cut, and lets the second one continue. */
beforeAll(async () => {
  database = await ownDatabase();
  pool = new Pool({ connectionString: database.ownerUrl, max: 2 });
  pool.on('error', () => {});
  const first = start();
  while (first.isAlive() && (await daysNow()).length < KILLED_AFTER_DAYS) await sleep(20);
  first.kill();
  await first.ended;
  before = { days: await daysNow() };
  demo = await runWhole();
  finishedAt = new Date();
  teamId = parseId('team', demo.teamId)!;
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('a demo that was interrupted in its first weeks and continued', () => {
  it('was really interrupted, and has every day once', async () => {
    expect(before.days.length).toBeGreaterThanOrEqual(KILLED_AFTER_DAYS);
    expect(before.days.length).toBeLessThan(80);
    const after = await daysNow();
    // The stored days are unchanged, and the missing ones are there without a gap.
    expect(after.slice(0, before.days.length)).toEqual(before.days);
    const first = Date.parse(after[0]!.day);
    const whole = after.slice(0, 90).map(({ day }) => (Date.parse(day) - first) / 86_400_000);
    expect(whole).toEqual(Array.from({ length: 90 }, (_, n) => n));
    expect(await rows(`SELECT id FROM teams`)).toEqual([{ id: teamId }]);
  });

  it('is not created again when it is complete', async () => {
    const count = () => rows(`SELECT (SELECT count(*) FROM transfers) AS t, (SELECT count(*) FROM audit_events) AS a`);
    const held = await count();
    expect(await runWhole()).toEqual(demo);
    expect(await count()).toEqual(held);
  });

  it('has forty members: two owners, some inactive, two deleted, some with a generated name', async () => {
    const [members] = await rows(
      `SELECT count(*)::int AS all, count(*) FILTER (WHERE role = 'owner')::int AS owners,
        count(*) FILTER (WHERE status = 'inactive')::int AS inactive, count(*) FILTER (WHERE status = 'deleted')::int AS deleted,
        count(*) FILTER (WHERE email_generated)::int AS unnamed, count(*) FILTER (WHERE external_id IS NOT NULL)::int AS external,
        count(*) FILTER (WHERE metadata <> '{}')::int AS described, max(char_length(name)) AS longest,
        count(*) FILTER (WHERE name !~ '[a-zA-Z]')::int AS "otherScript" FROM members`,
    );
    expect(members).toEqual({
      all: 40,
      owners: 2,
      inactive: 2,
      deleted: 2,
      unnamed: 4,
      external: expect.toSatisfy((n: number) => n > 10),
      described: expect.toSatisfy((n: number) => n > 8),
      longest: expect.toSatisfy((n: number) => n > 90 && n <= 120),
      otherScript: 1,
    });
    const addresses = await rows<{ email: string }>('SELECT email FROM members');
    for (const { email } of addresses) expect(email).toMatch(/@(example\.(com|net|org)|[\w-]+\.(example|invalid))$/);
  });

  it('has thousands of messages to many countries: most delivered, some failed for several reasons, the last in progress', async () => {
    const [sums] = await rows<Record<string, number>>(
      `SELECT count(*)::int AS all, count(DISTINCT country)::int AS countries, count(DISTINCT recipient)::int AS recipients,
        count(*) FILTER (WHERE status = 'failed')::int AS failed, count(*) FILTER (WHERE status = 'sent')::int AS sent,
        count(*) FILTER (WHERE status = 'queued')::int AS queued, count(DISTINCT error_code)::int AS codes,
        count(*) FILTER (WHERE segments > 1)::int AS long, count(*) FILTER (WHERE encoding = 'ucs2')::int AS ucs2,
        count(*) FILTER (WHERE reference IS NOT NULL)::int AS referred FROM messages`,
    );
    expect(sums!['all']).toBeGreaterThanOrEqual(8_000);
    expect(sums!['all']).toBeLessThanOrEqual(15_000);
    expect(sums!['countries']).toBeGreaterThan(25);
    expect(sums!['failed']! / sums!['all']!).toBeGreaterThan(0.02);
    expect(sums!['failed']! / sums!['all']!).toBeLessThan(0.04);
    expect(sums!['codes']).toBeGreaterThanOrEqual(4);
    for (const some of ['sent', 'queued', 'long', 'ucs2', 'referred']) expect(sums![some], some).toBeGreaterThan(0);
    // Only messages of the last minutes are in progress; the sandbox has taken them, or they are queued for it.
    expect(
      await rows(`SELECT id FROM messages WHERE status IN ('queued', 'sent') AND (created_at < now() - interval '1 hour'
        OR carrier IS DISTINCT FROM 'sandbox')`),
    ).toEqual([]);
  });

  it('has a rhythm: less at weekends, more in the last month than in the first', async () => {
    const [mean] = await rows<Record<'work' | 'weekend' | 'early' | 'late', string>>(
      `SELECT avg(n) FILTER (WHERE extract(isodow FROM day) < 6) AS work, avg(n) FILTER (WHERE extract(isodow FROM day) > 5) AS weekend,
        avg(n) FILTER (WHERE nth <= 30) AS early, avg(n) FILTER (WHERE nth > 60) AS late
       FROM (SELECT day, sum(messages) AS n, row_number() OVER (ORDER BY day) AS nth FROM usage_daily GROUP BY day) d`,
    );
    expect(Number(mean!.weekend)).toBeLessThan(Number(mean!.work) * 0.6);
    expect(Number(mean!.late)).toBeGreaterThan(Number(mean!.early) * 1.3);
  });

  it('has rules that fired often, waited for money, wait now, and are off', async () => {
    const [events] = await rows<Record<string, number>>(
      `SELECT count(*) FILTER (WHERE outcome = 'fired')::int AS fired, count(DISTINCT member_id) FILTER (WHERE outcome = 'fired')::int AS members,
        count(*) FILTER (WHERE reason = 'reserve')::int AS reserve, count(*) FILTER (WHERE reason = 'cap_reached')::int AS cap FROM recharge_events`,
    );
    expect(events!['fired']).toBeGreaterThan(100);
    expect(events!['members']).toBeGreaterThan(15);
    expect(events!['reserve']).toBeGreaterThan(0);
    expect(events!['cap']).toBeGreaterThan(20);
    const waiting = await rows(`SELECT reason FROM recharge_rules WHERE waiting_since IS NOT NULL AND enabled`);
    expect(waiting).toContainEqual({ reason: 'cap_reached' });
    expect(waiting).not.toContainEqual({ reason: 'reserve' });
    expect(await rows('SELECT 1 FROM recharge_rules WHERE NOT enabled')).not.toEqual([]);
  });

  it('has invitations in every state, one accepted for a member without a user', async () => {
    const states = await rows<{ status: string; asked: boolean }>(
      `SELECT CASE WHEN status = 'pending' AND expires_at <= now() THEN 'expired' ELSE status END AS status,
        requested_at IS NOT NULL AS asked FROM invitations ORDER BY 1, 2`,
    );
    expect([...new Set(states.map(({ status }) => status))]).toEqual([
      'accepted',
      'declined',
      'expired',
      'pending',
      'revoked',
    ]);
    expect(states.filter(({ asked }) => asked)).toHaveLength(1);
    expect(
      await rows(`SELECT u.email FROM invitations i JOIN members m ON m.id = i.member_id JOIN users u ON u.id = m.user_id
      WHERE i.status = 'accepted' AND m.external_id = 'till-03'`),
    ).toEqual([{ email: 'sanne.devries@example.com' }]);
  });

  it('has books that verify, with money of every kind', async () => {
    const opened = openDatabase(database.appUrl, { max: 1 });
    expect(await verifyLedger(opened.db)).toMatchObject({ ok: true, problems: [] });
    await opened.pool.end();
    const kinds = await rows<{ kind: string }>('SELECT DISTINCT kind FROM transfers ORDER BY 1');
    expect(kinds.map(({ kind }) => kind)).toEqual(POSTED_KIND_NAMES.toSorted());
    expect(await rows('SELECT 1 FROM transfers WHERE note_for_member IS NOT NULL LIMIT 1')).toHaveLength(1);
  });

  it('runs in order of time: no account, no message, nothing in the future', async () => {
    const backwards = `SELECT * FROM (SELECT account_id, seq, created_at - lag(created_at) OVER (PARTITION BY account_id ORDER BY seq) AS step
      FROM entries WHERE seq IS NOT NULL) e WHERE step < interval '0'`;
    expect(await rows(backwards)).toEqual([]);
    expect(
      await rows(
        `SELECT id FROM messages WHERE sent_at <= created_at OR delivered_at <= sent_at OR failed_at <= created_at`,
      ),
    ).toEqual([]);
    const times = `SELECT max(at) AS last FROM (SELECT max(created_at) AS at FROM transfers UNION ALL SELECT max(created_at) FROM entries
      UNION ALL SELECT max(greatest(created_at, sent_at, delivered_at, failed_at)) FROM messages UNION ALL SELECT max(greatest(created_at, updated_at)) FROM members
      UNION ALL SELECT max(last_at) FROM recharge_events UNION ALL SELECT max(at) FROM audit_events
      UNION ALL SELECT max(greatest(created_at, last_used_at)) FROM api_keys) t`;
    const [{ last } = { last: new Date() }] = await rows<{ last: Date }>(times);
    expect(last.getTime()).toBeLessThanOrEqual(finishedAt.getTime());
    expect(await rows('SELECT id FROM messages_default')).toEqual([]);
  });
});
