import { parseCrontab, type JobHelpers } from 'graphile-worker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeContext, type Context } from '@/server/domain/core/context';
import { hashRequest, withIdempotency, type Keep } from '@/server/domain/core/idempotency';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { firstKeptDay, keepBatch } from '@/server/domain/messaging/messages/read';
import { acceptedBatchSchema } from '@/server/domain/messaging/messages/schema';
import { printId } from '@/server/domain/core/ids';
import { reportMessages, sendBatch, type Report } from '@/server/domain/messaging/messages/write';
import { verifyReports } from '@/server/domain/messaging/usage/read';
import { Refusal } from '@/server/domain/core/errors';
import { services } from '@/server/http/services';
import { expireMessages } from '@/server/jobs/dispatch';
import { dropOldMessages } from '@/server/jobs/retention';
import { CRONTAB, makeTasks } from '@/server/jobs/tasks';
import { expectProblem, useApi } from '../support/api-client';
import { addMember, ctxOf, makeTeam, ownerPool, type TestTeam } from '../support/team';

const as = useApi();
const us = { to: '+14155550100', from: 'Acme', body: 'Hello' };

// Far enough in the past that no other test file has messages there, as dropping affects all teams; ten months later
// with each test, so that each begins with a complete log.
let keptMonths = 240;
beforeEach(() => {
  keptMonths -= 10;
});

/** Returns the first of a month, that many months before the first one that is kept. */
function monthBefore(months: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - keptMonths - months)).toISOString().slice(0, 10);
}

const dayIn = (month: string, day: number) => `${month.slice(0, 8)}${String(day).padStart(2, '0')}`;
const partition = (month: string) => ownerPool().query('SELECT messages_partition($1)', [month]);
const drop = () => dropOldMessages(ownerPool(), keptMonths);
const at = (ctx: Context, moment: string): Context => ({ ...ctx, at: new Date(moment) });
const proofs = async () => {
  const { db } = services().database;
  const [ledger, reports] = [await verifyLedger(db), await verifyReports(db)];
  return { problems: [...ledger.problems, ...reports.problems], daysNotRecounted: reports.daysNotRecounted };
};

/** Sends messages for a member at noon of a day and returns the ids. */
async function send(team: TestTeam, memberId: string, day: string, count = 1): Promise<string[]> {
  const input = { onBehalfOf: memberId, messages: Array.from({ length: count }, () => us) };
  const sent = await sendBatch(at(makeContext(services(), team.operator.actor), `${day}T12:00:00Z`), input);
  if (sent instanceof Refusal) throw new Error(sent.code);
  return sent.data.map(({ id }) => id);
}

const report = (team: TestTeam, ids: string[], status: Report['status']) =>
  reportMessages(
    team.operator,
    ids.map((id) => ({ id, status, ...(status === 'failed' && { code: 'undelivered', detail: 'No.' }) })),
  );

const idsOf = async (team: TestTeam): Promise<string[]> => {
  const { rows } = await ownerPool().query<{ id: string }>('SELECT id FROM messages WHERE team_id = $1 ORDER BY id', [
    team.teamId,
  ]);
  return rows.map(({ id }) => id);
};

afterEach(async () => {
  await ownerPool().query(
    `UPDATE messages SET status = 'delivered' WHERE id < uuid7_floor($1) AND status IN ('scheduled', 'held', 'queued', 'sent')`,
    [monthBefore(-5)],
  );
  await dropOldMessages(ownerPool(), keptMonths - 5);
});

/** Creates a team with messages in two old months and in the first month that is kept. */
async function history() {
  const [old, less, kept] = [monthBefore(2), monthBefore(1), monthBefore(0)];
  for (const month of [old, less, kept]) await partition(month);
  const team = await makeTeam();
  const ann = await addMember(team, { credit: '10' });
  const first = await send(team, ann.id, dayIn(old, 7), 3);
  const second = await send(team, ann.id, dayIn(less, 28), 2);
  const third = await send(team, ann.id, dayIn(kept, 3), 2);
  await report(team, [...first.slice(1), ...second, ...third], 'delivered');
  await report(team, first.slice(0, 1), 'failed');
  return { team, ann, old, less, kept, first, second, third };
}

describe('retention', () => {
  it('drops whole old months of messages; money, transfers and reports are unchanged', async () => {
    const { team, ann, old, less, kept, first, second, third } = await history();
    const owner = as(team.ownerKey);
    const asked = [
      `/members/${ann.mem}`,
      '/team',
      '/transfers?limit=100',
      ...['day', 'member', 'country'].map(
        (group) => `/reports/usage?from=${old}&to=${dayIn(kept, 28)}&groupBy=${group}`,
      ),
    ];
    const look = async () => Promise.all(asked.map(async (path) => (await owner.get(path)).body));
    const before = await look();
    expect(before[3].total).toMatchObject({ messages: 7, delivered: 6, failed: 1, cost: '0.06' });
    expect(await firstKeptDay(team.owner)).toBe(dayIn(old, 7));
    expect(await proofs()).toEqual({ problems: [], daysNotRecounted: expect.any(Number) });

    expect(await drop()).toEqual([old, less]);
    expect(await idsOf(team)).toEqual(third);
    expect(await look()).toEqual(before);
    const { data } = before[2];
    for (const id of [first[0]!, second[0]!]) {
      expectProblem(await owner.get(`/messages/${printId('msg', id)}`), 'not_found');
      expect(data.some(({ messageId }: { messageId: string }) => messageId === printId('msg', id))).toBe(true);
    }
    expect((await owner.get('/messages')).body.data).toHaveLength(2);
    expect(await firstKeptDay(team.owner)).toBe(dayIn(kept, 3));
    expect(await drop()).toEqual([]);
  });

  it('leaves the sums verifiable: the remaining days are recounted, and the dropped days are counted', async () => {
    const { team, ann, less, kept } = await history();
    const { daysNotRecounted } = await proofs();
    await drop();
    expect(await proofs()).toEqual({ problems: [], daysNotRecounted: daysNotRecounted + 2 });
    const shift = (day: string, by: number) =>
      ownerPool().query(
        'UPDATE usage_daily SET segments = segments + $3 WHERE team_id = $1 AND day = $2::date AND member_id = $4',
        [team.teamId, day, by, ann.id],
      );
    await shift(dayIn(kept, 3), 1);
    expect((await proofs()).problems).toContainEqual(expect.stringMatching(new RegExp(`${ann.id}.*the recount`)));
    await shift(dayIn(kept, 3), -1);
    // For a dropped day the sums of the members are still compared with the team's.
    await shift(dayIn(less, 28), 1);
    expect((await proofs()).problems).toEqual([expect.stringMatching(/all members/)]);
    await shift(dayIn(less, 28), -1);
  });

  it('knows for each member from which day on the log is complete', async () => {
    const { team, ann, less } = await history();
    const bob = await addMember(team, { credit: '1' });
    expect(await firstKeptDay(await ctxOf(bob.key))).toBeNull();
    await send(team, bob.id, dayIn(less, 2));
    expect(await firstKeptDay(await ctxOf(bob.key))).toBe(dayIn(less, 2));
    // Bob's message keeps this month; the one before it is gone.
    expect(await drop()).toEqual([monthBefore(2)]);
    expect(await firstKeptDay(await ctxOf(bob.key))).toBe(dayIn(less, 2));
    expect(await firstKeptDay(await ctxOf(ann.key))).toBe(dayIn(less, 28));
  });

  it('keeps a month while messages of it are in progress, and drops it when they have ended', async () => {
    const { team, ann, old, less } = await history();
    const [waiting] = await send(team, ann.id, dayIn(old, 9));
    for (const status of ['queued', 'sent', 'scheduled', 'held']) {
      await ownerPool().query('UPDATE messages SET status = $2 WHERE team_id = $1 AND id = $3', [
        team.teamId,
        status,
        waiting,
      ]);
      expect(await drop(), status).toEqual(status === 'queued' ? [less] : []);
      expect(await idsOf(team), status).toContain(waiting);
    }
    expect((await proofs()).problems).toEqual([]);
    await ownerPool().query(`UPDATE messages SET status = 'sent' WHERE team_id = $1 AND id = $2`, [
      team.teamId,
      waiting,
    ]);
    while ((await expireMessages(services(), 1)) > 0);
    expect(await drop()).toEqual([old]);
    expect((await proofs()).problems).toEqual([]);
    expect((await as(ann.key).get('/me')).body.balance).toBe('9.94');
  });

  it('does not wait long for a reader, and is done the next time', async () => {
    const { team, old, less } = await history();
    const reader = await ownerPool().connect();
    try {
      await reader.query('BEGIN');
      await reader.query('SELECT 1 FROM messages LIMIT 1');
      const began = Date.now();
      const [dropped] = await Promise.all([drop(), idsOf(team)]);
      expect(dropped).toEqual([]);
      expect(Date.now() - began).toBeLessThan(8_000);
      expect(await idsOf(team)).toHaveLength(7);
    } finally {
      await reader.query('ROLLBACK');
      reader.release();
    }
    expect(await drop()).toEqual([old, less]);
  });

  it('drops rows in the default partition too, but for those in progress', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { credit: '10' });
    const gone = await send(team, ann.id, dayIn(monthBefore(4), 1), 3);
    const [waiting] = await send(team, ann.id, dayIn(monthBefore(4), 2));
    const [kept] = await send(team, ann.id, dayIn(monthBefore(-2), 1));
    await report(team, [...gone, kept!], 'delivered');
    await drop();
    expect(await idsOf(team)).toEqual([waiting, kept]);
    expect((await proofs()).problems).toEqual([]);
    expect(await firstKeptDay(team.owner)).toBe(dayIn(monthBefore(3), 1));
  });

  it('ignores late reports on dropped messages', async () => {
    const { team, ann, first } = await history();
    await drop();
    const balance = async () => (await as(ann.key).get('/me')).body.balance;
    const before = await balance();
    for (const status of ['sent', 'delivered', 'failed'] as const)
      expect(await report(team, first, status)).toEqual([]);
    expect(await balance()).toBe(before);
    expect((await proofs()).problems).toEqual([]);
  });

  it('answers a replayed batch whose messages are dropped with the created id, and sends nothing again', async () => {
    const month = monthBefore(2);
    await partition(month);
    const team = await makeTeam();
    const ctx = at(team.owner, `${dayIn(month, 11)}T08:00:00Z`);
    const input = { onBehalfOf: null, messages: [us, us] };
    const request = { key: 'batch of old', hash: hashRequest([input]) };
    const printing = { output: acceptedBatchSchema, keep: keepBatch as Keep };
    const ask = () =>
      withIdempotency(ctx, request, printing, async (inside) => {
        const result = await sendBatch(inside, input);
        return result instanceof Refusal ? result : { status: 202, result };
      });
    const answer = await ask();
    if (answer instanceof Refusal) throw new Error(answer.code);
    expect(await ask()).toEqual({ ...answer, replayed: true });
    await report(team, await idsOf(team), 'delivered');
    expect(await drop()).toEqual([month]);
    const made = JSON.parse(answer.text).data[0].id;
    await expect(ask()).rejects.toMatchObject({ code: 'idempotency_expired', facts: { createdId: made } });
    expect(await idsOf(team)).toEqual([]);
    expect((await as(team.ownerKey).get('/me')).body.balance).toBe('999.98');
  });

  it('runs every night, and is off unless a number of months is given', async () => {
    const { team } = await history();
    const run = async (logRetentionMonths: number) => {
      const tasks = makeTasks(services(), ownerPool(), { messageValidityHours: 72, logRetentionMonths });
      await tasks['drop-old-messages']!({}, {} as JobHelpers);
      return (await idsOf(team)).length;
    };
    expect([await run(0), await run(keptMonths)]).toEqual([7, 2]);
    expect(parseCrontab(CRONTAB).map(({ task }) => task)).toContain('drop-old-messages');
  });
});
