import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { parseId } from '@/server/domain/core/ids';
import { reportMessages } from '@/server/domain/messaging/messages/write';
import { services } from '@/server/http/services';
import { systemContext } from '@/server/domain/core/context';
import { useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam, ownerPool, type TestMember, type TestTeam } from '../support/team';
import { readWithin } from '@/server/domain/core/transaction';

const as = useApi();

type Sent = { id: string; status: string; to: string };

const send = async ({ key }: Pick<TestMember, 'key'>, to = '+14155550100', reference?: string): Promise<string> =>
  (await as(key).post('/messages', { to, from: 'Acme', body: 'Hello', ...(reference && { reference }) })).body.id;

const ask = async (key: string, id: string, input: object = {}) => {
  const { data, problem } = await callProcedure(await sessionOf(key), id, input);
  expect(problem).toBeNull();
  return data;
};

const idsOf = ({ data }: { data: Sent[] }): string[] => data.map(({ id }) => id);

const report = (team: TestTeam, status: 'sent' | 'delivered' | 'failed', ...ids: string[]) =>
  reportMessages(
    systemContext(services(), team.teamId),
    ids.map((id) => ({ id: parseId('msg', id)!, status, ...(status === 'failed' && { code: 'x', detail: 'No.' }) })),
  );

/** Moves a message and its id to an earlier day, and recomputes the sums of the log. */
async function backdate({ teamId }: TestTeam, id: string, days: number): Promise<void> {
  const owner = ownerPool();
  await owner.query(
    `UPDATE messages m SET created_at = m.created_at - make_interval(days => $3), id = uuid7(m.created_at - make_interval(days => $3))
     WHERE team_id = $1 AND id = $2`,
    [teamId, parseId('msg', id), days],
  );
  const figures = `count(*), sum(segments), count(*) FILTER (WHERE status = 'delivered'), count(*) FILTER (WHERE status = 'failed'), sum(cost)`;
  for (const [table, group] of [
    ['usage_daily', 'member_id'],
    ['usage_team_daily', 'lane'],
  ] as const) {
    await owner.query(`DELETE FROM ${table} WHERE team_id = $1`, [teamId]);
    await owner.query(
      `INSERT INTO ${table} (team_id, ${group}, day, country, messages, segments, delivered, failed, cost)
       SELECT $1::uuid, ${group}, (created_at AT TIME ZONE 'UTC')::date, country, ${figures} FROM (SELECT *, 0 AS lane FROM messages WHERE team_id = $1) m
       GROUP BY 2, 3, 4`,
      [teamId],
    );
  }
}

describe('a page of the log', () => {
  it('pages to older and to newer messages, and loses or repeats none', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { name: 'Ann', credit: '5' });
    const sent: string[] = [];
    for (let i = 0; i < 7; i += 1) sent.unshift(await send(ann));
    const first = await ask(team.ownerKey, 'browseMessages', { limit: 3 });
    expect(idsOf(first)).toEqual(sent.slice(0, 3));
    expect(first).toMatchObject({ newer: null });
    expect(first.data[0].member).toEqual({ id: ann.mem, name: 'Ann' });
    const second = await ask(team.ownerKey, 'browseMessages', { limit: 3, cursor: first.older });
    expect([idsOf(second), second.newer]).toEqual([sent.slice(3, 6), 3]);
    const third = await ask(team.ownerKey, 'browseMessages', { limit: 3, cursor: second.older });
    expect([idsOf(third), third.older, third.newer]).toEqual([sent.slice(6), null, 6]);
    const back = await ask(team.ownerKey, 'browseMessages', { limit: 3, cursor: third.top, way: 'newer' });
    expect([idsOf(back), back.newer]).toEqual([sent.slice(3, 6), 3]);
    expect(idsOf(await ask(team.ownerKey, 'browseMessages', { limit: 3, cursor: back.older }))).toEqual(sent.slice(6));
  });

  it('stays in place while more is sent, and shows how many are new', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { credit: '5' });
    const older = await send(ann);
    const { top } = await ask(ann.key, 'browseMessages');
    await send(ann);
    await send(ann, '+447700900123');
    const held = await ask(ann.key, 'browseMessages', { cursor: top });
    expect([idsOf(held), held.newer]).toEqual([[older], 2]);
  });

  it('shows a member only its own messages, and filters like the API', async () => {
    const team = await makeTeam();
    const [ann, ben] = [await addMember(team, { credit: '5' }), await addMember(team, { credit: '5' })];
    const [own, other] = [await send(ann, '+14155550100', 'order-1'), await send(ben, '+447700900123')];
    expect(idsOf(await ask(ann.key, 'browseMessages'))).toEqual([own]);
    expect(idsOf(await ask(ann.key, 'browseMessages', { memberId: ben.mem }))).toEqual([]);
    for (const [filter, ids] of [
      [{ memberId: [ann.mem, ben.mem] }, [other, own]],
      [{ country: 'GB' }, [other]],
      [{ recipient: '+14155' }, [own]],
      [{ reference: 'order-1' }, [own]],
      [{ status: 'failed' }, []],
      [{ from: '2020-01-01', to: '2020-01-02' }, []],
    ] as [object, string[]][]) {
      expect([filter, idsOf(await ask(team.ownerKey, 'browseMessages', filter))]).toEqual([filter, ids]);
    }
  });

  it('refuses a cursor of other filters or of another team', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    await send({ key: team.ownerKey });
    const { top } = await ask(team.ownerKey, 'browseMessages');
    for (const [key, input] of [
      [team.ownerKey, { cursor: top, country: 'US' }],
      [other.ownerKey, { cursor: top }],
    ] as const) {
      const { problem } = await callProcedure(await sessionOf(key), 'browseMessages', input);
      expect(problem?.code).toBe('invalid_cursor');
    }
  });

  it('keeps its place while its range moves on with the days', async () => {
    const team = await makeTeam();
    const id = await send({ key: team.ownerKey });
    const { top } = await ask(team.ownerKey, 'browseMessages', { from: '2026-01-01' });
    await send({ key: team.ownerKey });
    const next = await ask(team.ownerKey, 'browseMessages', { from: '2026-01-02', cursor: top });
    expect([idsOf(next), next.newer]).toEqual([[id], 1]);
  });

  it('pages across months in both directions', async () => {
    const team = await makeTeam();
    const ids = [await send({ key: team.ownerKey }), await send({ key: team.ownerKey })];
    await backdate(team, ids[0]!, 80);
    const [newest] = idsOf(await ask(team.ownerKey, 'browseMessages', { limit: 1 }));
    expect(newest).toBe(ids[1]);
    const all = await ask(team.ownerKey, 'browseMessages', { limit: 5 });
    expect(all.data).toHaveLength(2);
    const { older } = await ask(team.ownerKey, 'browseMessages', { limit: 1 });
    const old = await ask(team.ownerKey, 'browseMessages', { limit: 1, cursor: older });
    expect(old.data).toHaveLength(1);
    const back = await ask(team.ownerKey, 'browseMessages', { limit: 1, cursor: old.top, way: 'newer' });
    expect(idsOf(back)).toEqual([ids[1]]);
  });
});

describe('a single message', () => {
  it('has its history and its transfers: for a member only its own', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { name: 'Ann', credit: '5' });
    const id = await send(ann);
    await report(team, 'failed', id);
    const whole = await ask(team.ownerKey, 'inspectMessage', { messageId: id });
    expect(whole.message).toMatchObject({ id, status: 'failed', member: { id: ann.mem, name: 'Ann' } });
    expect(whole.message.events.map(({ status }: Sent) => status)).toEqual(['queued', 'failed']);
    expect(whole.transfers.map(({ kind, amount }: Record<string, string>) => [kind, amount])).toEqual([
      ['charge', '0.01'],
      ['refund', '0.01'],
    ]);
    const own = await ask(ann.key, 'inspectMessage', { messageId: id });
    expect(own.transfers.map(({ balanceAfter }: { balanceAfter: object }) => balanceAfter)).toEqual([
      { member: '4.99' },
      { member: '5.00' },
    ]);
  });

  it('shows transfers of the master balance when an owner sent it', async () => {
    const team = await makeTeam();
    const id = await send({ key: team.ownerKey });
    const { transfers } = await ask(team.ownerKey, 'inspectMessage', { messageId: id });
    expect(transfers).toHaveLength(1);
    expect(transfers[0]).toMatchObject({ from: 'master', balanceAfter: { master: '999.99' } });
  });
});

/** Counts the rows one by one, which is what a count of the log must say. */
const countOf = (rows: { status: string; country: string }[], by: 'status' | 'country') => {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row[by], (counts.get(row[by]) ?? 0) + 1);
  return Object.fromEntries(counts);
};

const facetOf = (rows: { messages: number }[], by: 'status' | 'country'): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [Reflect.get(row, by) as string, row.messages]));

async function variedTeam() {
  const team = await makeTeam();
  const [ann, ben] = [
    await addMember(team, { name: 'Ann', credit: '9' }),
    await addMember(team, { name: 'Ben Zw', credit: '9' }),
  ];
  const ids: string[] = [];
  const numbers = ['+14155550100', '+447700900123', '+4915112345678'];
  for (let i = 0; i < 12; i += 1) ids.push(await send(i % 3 === 0 ? ben : ann, numbers[i % 3], `ref-${i % 2}`));
  await report(team, 'delivered', ...ids.slice(0, 5));
  await report(team, 'failed', ...ids.slice(5, 7));
  await report(team, 'sent', ids[7]!);
  return { team, ann, ben };
}

describe('the counts of the log', () => {
  it('match the log, whether they come from the daily sums or from the log', async () => {
    const { team, ann, ben } = await variedTeam();
    const filters: [object, 'sums' | 'log'][] = [
      [{}, 'sums'],
      [{ memberId: ann.mem }, 'sums'],
      [{ memberId: [ann.mem, ben.mem], country: 'GB' }, 'sums'],
      [{ status: 'failed' }, 'sums'],
      [{ status: 'delivered', memberId: ben.mem }, 'sums'],
      [{ reference: 'ref-1' }, 'log'],
      [{ recipient: '+1415', status: 'delivered' }, 'log'],
      [{ status: 'queued' }, 'log'],
    ];
    for (const [filter, source] of filters) {
      const { data } = await ask(team.ownerKey, 'browseMessages', { ...filter, limit: 100 });
      const facets = await ask(team.ownerKey, 'browseFacets', filter);
      expect([filter, facets.total, facets.source]).toEqual([filter, data.length, source]);
      const days = facets.days as { messages: number; failed: number }[];
      expect(days.reduce((sum, { messages }) => sum + messages, 0)).toBe(data.length);
      expect(days.reduce((sum, { failed }) => sum + failed, 0)).toBe(
        data.filter(({ status }: Sent) => status === 'failed').length,
      );
      const without = async (name: string) =>
        (await ask(team.ownerKey, 'browseMessages', { ...filter, [name]: undefined, limit: 100 })).data;
      expect(facetOf(facets.statuses, 'status')).toEqual(countOf(await without('status'), 'status'));
      expect(facetOf(facets.countries, 'country')).toEqual(countOf(await without('country'), 'country'));
      expect(await ask(team.ownerKey, 'previewExport', filter)).toEqual({ rows: data.length });
    }
  });

  it('cover a member’s own messages for a member', async () => {
    const { ben } = await variedTeam();
    const facets = await ask(ben.key, 'browseFacets');
    expect([facets.total, facetOf(facets.countries, 'country')]).toEqual([4, { US: 4 }]);
    expect((await ask(ben.key, 'pickSenders')).data).toEqual([{ id: ben.mem, name: 'Ben Zw', messages: 4 }]);
  });

  it('begin with the first day that the log holds, in whole UTC days', async () => {
    const { team, ann } = await variedTeam();
    const id = await send(ann);
    await backdate(team, id, 40);
    const today = new Date().toISOString().slice(0, 10);
    const first = new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10);
    const all = await ask(team.ownerKey, 'browseFacets');
    expect([all.from, all.total, all.days.length]).toEqual([first, 13, 41]);
    expect([all.days[0].messages, all.days.at(-1)]).toEqual([1, { day: today, messages: 12, failed: 2 }]);
    const since = await ask(team.ownerKey, 'browseFacets', { from: today });
    expect([since.from, since.total]).toEqual([today, 12]);
    const old = await ask(team.ownerKey, 'browseFacets', { from: first, to: today });
    expect([old.total, old.days.length]).toEqual([1, 40]);
    // Longer than a month, with a filter that the sums do not know: not counted, but the values to choose from are
    // there.
    const expensive = await ask(team.ownerKey, 'browseFacets', { reference: 'ref-1' });
    expect(expensive).toMatchObject({ source: 'none', total: null, days: null, statuses: [] });
    expect(expensive.countries.map(({ country }: { country: string }) => country)).toEqual(['DE', 'GB', 'US']);
    expect(await ask(team.ownerKey, 'previewExport', { reference: 'ref-1' })).toEqual({ rows: 6 });
  });

  it('offer the members who sent the most, and those matching a name', async () => {
    const { team, ann, ben } = await variedTeam();
    expect((await ask(team.ownerKey, 'pickSenders')).data).toEqual([
      { id: ann.mem, name: 'Ann', messages: 8 },
      { id: ben.mem, name: 'Ben Zw', messages: 4 },
    ]);
    expect((await ask(team.ownerKey, 'pickSenders', { country: 'US' })).data).toEqual([
      { id: ben.mem, name: 'Ben Zw', messages: 4 },
    ]);
    expect((await ask(team.ownerKey, 'pickSenders', { query: 'an', country: 'US' })).data).toEqual([
      { id: ann.mem, name: 'Ann', messages: 0 },
    ]);
    expect((await ask(team.ownerKey, 'pickSenders', { query: 'ben zw', reference: 'ref-1' })).data).toEqual([
      { id: ben.mem, name: 'Ben Zw', messages: null },
    ]);
  });
});

describe('a slow count', () => {
  it('uses at most two connections of a process, and gives them back', async () => {
    const slow = () => readWithin(services().database.db, 5_000, (db) => db.execute(sql`SELECT pg_sleep(0.3)`));
    const answers = await Promise.all([slow(), slow(), slow()]);
    expect(answers.map((answer) => answer !== null)).toEqual([true, true, false]);
    expect(await slow()).not.toBeNull();
  });

  it('is aborted when it takes longer than its limit', async () => {
    const { db } = services().database;
    expect(await readWithin(db, 50, (within) => within.execute(sql`SELECT pg_sleep(5)`))).toBeNull();
    expect(await readWithin(db, 5_000, (within) => within.execute(sql`SELECT 1`))).not.toBeNull();
  });
});
