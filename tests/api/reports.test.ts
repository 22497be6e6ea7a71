import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { makeContext, type Context } from '@/server/domain/core/context';
import { printId } from '@/server/domain/core/ids';
import { reportMessages, sendMessages, type Report } from '@/server/domain/messaging/messages/write';
import { verifyReports } from '@/server/domain/messaging/usage/read';
import { services } from '@/server/http/services';
import { ownDatabase } from '../support/database';
import { addMember, makeTeam, ownerPool, type TestTeam } from '../support/team';
import { expectProblem, useApi } from '../support/api-client';

const as = useApi();
const us = { to: '+14155550100', from: 'Acme', body: 'Hello' };
const de = { ...us, to: '+4915112345678', body: 'a'.repeat(161) };

/** Sends messages at a past time as the operator and returns their ids. */
async function sendAt(team: TestTeam, at: string, memberId: string, messages: (typeof us)[]): Promise<string[]> {
  const ctx = makeContext(services(), team.operator.actor, { at: new Date(at) });
  const sent = await sendMessages(ctx, { onBehalfOf: memberId, messages, many: true });
  if (!('data' in sent)) throw new Error(sent.code);
  return sent.data.map(({ id }) => id);
}

const report = (ctx: Context, ids: string[], status: 'sent' | 'delivered' | 'failed') =>
  reportMessages(
    ctx,
    ids.map((id): Report => ({ id, status, ...(status === 'failed' && { code: 'undelivered', detail: 'No.' }) })),
  );

/** Creates two members with three days of messages, few enough to count each report by hand. */
async function history() {
  const team = await makeTeam();
  const [ann, bob] = [await addMember(team, { credit: '10' }), await addMember(team, { credit: '10' })];
  const first = await sendAt(team, '2026-03-01T00:00:00Z', ann.id, [us, us, de]);
  await sendAt(team, '2026-03-01T23:59:59.999Z', bob.id, [us]);
  const last = await sendAt(team, '2026-03-03T12:00:00Z', ann.id, [us, de]);
  await report(team.operator, first, 'delivered');
  await report(team.operator, [last[1]!], 'failed');
  return { team, ann, bob };
}

const usage = (messages: number, segments: number, delivered: number, failed: number, cost: string) => ({
  messages,
  segments,
  delivered,
  failed,
  cost,
});

describe('GET /reports/usage', () => {
  it('groups by day, member and country, net of refunds, with a total', async () => {
    const { team, ann, bob } = await history();
    const owner = as(team.ownerKey);
    const range = 'from=2026-03-01&to=2026-03-04';
    const total = usage(6, 8, 3, 1, '0.24');
    expect((await owner.get(`/reports/usage?${range}`)).body).toEqual({
      from: '2026-03-01',
      to: '2026-03-04',
      data: [
        { day: '2026-03-01', ...usage(4, 5, 3, 0, '0.23') },
        { day: '2026-03-03', ...usage(2, 3, 0, 1, '0.01') },
      ],
      total,
    });
    const byMember = (await owner.get(`/reports/usage?${range}&groupBy=member`)).body;
    expect(byMember.data).toEqual([
      { memberId: ann.mem, ...usage(5, 7, 3, 1, '0.23') },
      { memberId: bob.mem, ...usage(1, 1, 0, 0, '0.01') },
    ]);
    expect(byMember.total).toEqual(total);
    expect((await owner.get(`/reports/usage?${range}&groupBy=country`)).body.data).toEqual([
      { country: 'DE', ...usage(2, 4, 1, 1, '0.20') },
      { country: 'US', ...usage(4, 4, 2, 0, '0.04') },
    ]);
    const byDay = (await owner.get(`/reports/usage?${range}&groupBy=day&memberId=${bob.mem}`)).body;
    expect(byDay.data).toEqual([{ day: '2026-03-01', ...usage(1, 1, 0, 0, '0.01') }]);
    const byCountry = (await owner.get(`/reports/usage?${range}&groupBy=country&memberId=${ann.mem}`)).body;
    expect(byCountry.data.map(({ country }: { country: string }) => country)).toEqual(['DE', 'US']);
  });

  it('counts UTC days with an inclusive from and an exclusive to; the default is the last 30 days and today', async () => {
    const { team } = await history();
    const owner = as(team.ownerKey);
    const messagesIn = async (query: string) => (await owner.get(`/reports/usage?${query}`)).body.total.messages;
    expect(await messagesIn('from=2026-03-01&to=2026-03-02')).toBe(4);
    expect(await messagesIn('from=2026-03-02&to=2026-03-03')).toBe(0);
    expect(await messagesIn('from=2026-03-03&to=2026-03-04')).toBe(2);
    await owner.post('/messages', us);
    const { body } = await owner.get('/reports/usage');
    const days = (Date.parse(body.to) - Date.parse(body.from)) / 86_400_000;
    expect([days, body.total.messages, body.data.at(-1).day < body.to]).toEqual([30, 1, true]);
    expect((await owner.get('/reports/usage?to=2026-03-04')).body.from).toBe('2026-02-02');
    for (const bad of [
      'from=2026-03-02&to=2026-03-02',
      'from=2999-01-01',
      'to=0000-01-01',
      'from=1969-12-31',
      'from=2026-02-30',
      'from=soon',
      'groupBy=hour',
    ]) {
      expectProblem(await owner.get(`/reports/usage?${bad}`), 'invalid_request');
    }
  });

  it('shows a member only its own usage', async () => {
    const { ann, bob } = await history();
    const range = 'from=2026-03-01&to=2026-03-04';
    for (const groupBy of ['day', 'member', 'country']) {
      const { body } = await as(bob.key).get(`/reports/usage?${range}&groupBy=${groupBy}`);
      expect(body.total, groupBy).toEqual(usage(1, 1, 0, 0, '0.01'));
    }
    const { body } = await as(bob.key).get(`/reports/usage?${range}&memberId=${ann.mem}`);
    expect([body.data, body.total.messages]).toEqual([[], 0]);
  });

  it('corrects the day of the message when it fails late', async () => {
    const { team, ann } = await history();
    const owner = as(team.ownerKey);
    const late = await sendAt(team, '2026-03-05T23:00:00Z', ann.id, [us, us]);
    await report(
      makeContext(services(), team.operator.actor, { at: new Date('2026-03-08T01:00:00Z') }),
      late,
      'failed',
    );
    const { data } = (await owner.get('/reports/usage?from=2026-03-05&to=2026-03-09')).body;
    expect(data).toEqual([{ day: '2026-03-05', ...usage(2, 2, 0, 2, '0.00') }]);
  });
});

describe('the daily sums', () => {
  it('equal a recount of the log at any moment, while messages are sent, delivered and refunded', async () => {
    const team = await makeTeam();
    const members = await Promise.all(Array.from({ length: 4 }, () => addMember(team, { credit: '50' })));
    const until = Date.now() + 2_500;
    let looks = 0;
    const sender = async (i: number) => {
      while (Date.now() < until) {
        const sent = await as(members[i % 4]!.key).post('/messages/batch', { messages: [us, de, us] });
        const { rows } = await ownerPool().query<{ id: string }>(
          `SELECT id FROM messages WHERE team_id = $1 AND status = 'queued' LIMIT 5`,
          [team.teamId],
        );
        const ids = rows.map(({ id }) => id);
        await report(team.operator, ids, i % 2 ? 'delivered' : 'failed');
        expect(sent.status).toBe(202);
      }
    };
    const looker = async () => {
      while (Date.now() < until) {
        expect((await verifyReports(services().database.db)).problems).toEqual([]);
        looks += 1;
        await sleep(20);
      }
    };
    await Promise.all([...Array.from({ length: 6 }, (_, i) => sender(i)), looker()]);
    expect(looks).toBeGreaterThan(5);
    const { body } = await as(team.ownerKey).get('/reports/usage?groupBy=member');
    const { rows } = await ownerPool().query<{ n: number; failed: number; id: string }>(
      `SELECT member_id AS id, count(*)::int AS n, (count(*) FILTER (WHERE status = 'failed'))::int AS failed
       FROM messages WHERE team_id = $1 GROUP BY 1 ORDER BY 1`,
      [team.teamId],
    );
    expect(body.data.map((row: { memberId: string; messages: number; failed: number }) => row)).toMatchObject(
      rows.map(({ id, n, failed }) => ({ memberId: printId('mem', id), messages: n, failed })),
    );
    expect(rows.some(({ failed }) => failed > 0)).toBe(true);
  });

  it('are named by the operator’s verification when they are wrong', async () => {
    const own = await ownDatabase();
    try {
      const { Pool } = await import('pg');
      const { openDatabase } = await import('@/db/client');
      const owner = new Pool({ connectionString: own.ownerUrl, max: 1 });
      const app = openDatabase(own.appUrl, { max: 1 });
      const look = async () => (await verifyReports(app.db)).problems;
      expect(await look()).toEqual([]);
      const [team, member] = ['01890000-0000-7000-8000-000000000001', '01890000-0000-7000-8000-000000000002'];
      const day = `'${team}', '${member}', '2026-03-01', 'US', 1, 1, 0, 0, 10000`;
      await owner.query(`INSERT INTO usage_daily VALUES (${day})`);
      expect(await look()).toMatchObject([
        expect.stringMatching(/all members, 2026-03-01, US/),
        expect.stringMatching(/the recount nothing/),
      ]);
      await owner.query(`INSERT INTO usage_team_daily VALUES ('${team}', '2026-03-01', 'US', 3, 1, 1, 0, 0, 10000)`);
      expect(await look()).toHaveLength(1);
      await owner.query(`UPDATE usage_team_daily SET cost = 9999`);
      expect(await look()).toHaveLength(2);
      await Promise.all([owner.end(), app.pool.end()]);
    } finally {
      await own.drop();
    }
  });
});
