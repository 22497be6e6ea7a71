import { describe, expect, it } from 'vitest';
import { makeContext } from '@/server/domain/core/context';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { reportMessages, sendMessages, type Report } from '@/server/domain/messaging/messages/write';
import { printAmount } from '@/server/domain/core/money';
import { services } from '@/server/http/services';
import { useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam, ownerPool, type TestMember, type TestTeam } from '../support/team';

const as = useApi();
const US = { to: '+14155550100', from: 'Acme', body: 'Hello' };
const DE = { ...US, to: '+4915112345678', body: 'a'.repeat(161) };
const GB = { ...US, to: '+447400123456' };

type Fate = 'queued' | 'delivered' | 'failed';

/** Sends messages at a past time as the operator, and sets the outcome of each. */
async function send(team: TestTeam, at: string, memberId: string, messages: (typeof US)[], fate: Fate = 'queued') {
  const ctx = makeContext(services(), team.operator.actor, { at: new Date(at) });
  const sent = await sendMessages(ctx, { onBehalfOf: memberId, messages, many: true });
  if (!('data' in sent)) throw new Error(sent.code);
  const reports = sent.data.map(({ id }): Report | null =>
    fate === 'queued'
      ? null
      : { id, status: fate, ...(fate === 'failed' && { code: 'undelivered', detail: 'It was not delivered.' }) },
  );
  await reportMessages(
    team.operator,
    reports.filter((one) => one !== null),
  );
}

const ask = async (key: string, input: object) => callProcedure(await sessionOf(key), 'browseUsage', input);
const answer = async (key: string, input: object) => {
  const { data, problem } = await ask(key, input);
  if (problem) throw new Error(JSON.stringify(problem));
  return data;
};

const figures = (messages: number, segments: number, delivered: number, failed: number, cost: string) => ({
  messages,
  segments,
  delivered,
  failed,
  cost,
});
const NOTHING = figures(0, 0, 0, 0, '0.00');

const RANGE = { from: '2026-03-04', to: '2026-03-07' };

/** Creates three days and the days before them, few enough to count the statistics by hand. */
async function history() {
  const team = await makeTeam();
  const [ann, bob] = [
    await addMember(team, { credit: '10', name: 'Ann' }),
    await addMember(team, { credit: '10', name: 'bob' }),
  ];
  await send(team, '2026-02-28T23:59:59.999Z', ann.id, [US]);
  await send(team, '2026-03-01T00:00:00Z', ann.id, [US, DE], 'delivered');
  await send(team, '2026-03-03T23:59:59.999Z', bob.id, [DE]);
  await send(team, '2026-03-04T00:00:00Z', ann.id, [US, US], 'delivered');
  await send(team, '2026-03-04T12:00:00Z', ann.id, [DE], 'failed');
  await send(team, '2026-03-06T23:59:59.999Z', bob.id, [GB]);
  await send(team, '2026-03-07T00:00:00Z', bob.id, [GB]);
  return { team, ann, bob };
}

describe('the statistics', () => {
  it('list days beside the same number of days before, including days without messages', async () => {
    const { team } = await history();
    expect(await answer(team.ownerKey, { ...RANGE, sort: 'name', direction: 'asc' })).toEqual({
      groupBy: 'day',
      range: RANGE,
      rangeBefore: { from: '2026-03-01', to: '2026-03-04' },
      total: { now: figures(4, 5, 2, 1, '0.03'), before: figures(3, 5, 2, 0, '0.41') },
      groups: 3,
      data: [
        { key: '2026-03-04', now: figures(3, 4, 2, 1, '0.02'), before: figures(2, 3, 2, 0, '0.21') },
        { key: '2026-03-05', now: NOTHING, before: NOTHING },
        { key: '2026-03-06', now: figures(1, 1, 0, 0, '0.01'), before: figures(1, 2, 0, 0, '0.20') },
      ].map((row) => ({ ...row, member: null, spark: null })),
    });
  });

  it('list members and countries, including those that only sent before, with their outcomes', async () => {
    const { team, ann, bob } = await history();
    const total = { now: figures(4, 5, 2, 1, '0.03'), before: figures(3, 5, 2, 0, '0.41') };
    expect(await answer(team.ownerKey, { ...RANGE, groupBy: 'member' })).toMatchObject({
      total,
      groups: 2,
      data: [
        {
          key: ann.mem,
          member: { id: ann.mem, name: 'Ann', status: 'active' },
          now: figures(3, 4, 2, 1, '0.02'),
          before: figures(2, 3, 2, 0, '0.21'),
          spark: { messages: [3, 0, 0], cost: ['0.02', '0.00', '0.00'] },
        },
        {
          key: bob.mem,
          now: figures(1, 1, 0, 0, '0.01'),
          before: figures(1, 2, 0, 0, '0.20'),
          spark: { messages: [0, 0, 1] },
        },
      ],
    });
    const later = await answer(team.ownerKey, { from: '2026-03-05', to: '2026-03-07', groupBy: 'member' });
    expect([later.groups, later.data[1]]).toMatchObject([2, { key: ann.mem, now: NOTHING, before: { messages: 3 } }]);
    const byCountry = await answer(team.ownerKey, { ...RANGE, groupBy: 'country', sort: 'name', direction: 'asc' });
    expect(byCountry.total).toEqual(total);
    expect(byCountry.data).toMatchObject([
      { key: 'DE', member: null, now: figures(1, 2, 0, 1, '0.00'), before: figures(2, 4, 1, 0, '0.40') },
      { key: 'GB', now: figures(1, 1, 0, 0, '0.01'), before: NOTHING, spark: { cost: ['0.00', '0.00', '0.01'] } },
      { key: 'US', now: figures(2, 2, 2, 0, '0.02'), before: figures(1, 1, 1, 0, '0.01') },
    ]);
  });

  it('cover only a member’s own messages, whatever the filter, and nothing for an id of another team', async () => {
    const { team, ann, bob } = await history();
    const other = await history();
    for (const groupBy of ['day', 'member', 'country']) {
      const own = await answer(bob.key, { ...RANGE, groupBy });
      expect(own.total.now).toEqual(figures(1, 1, 0, 0, '0.01'));
      expect(JSON.stringify(own)).not.toContain('Ann');
      const both = await answer(bob.key, { ...RANGE, groupBy, memberId: [ann.mem, bob.mem] });
      expect(both).toEqual(own);
      for (const [key, memberId] of [
        [bob.key, ann.mem],
        [team.ownerKey, other.ann.mem],
        [team.ownerKey, printId('mem', newUuid7())],
      ] as const) {
        const { total, data } = await answer(key, { ...RANGE, groupBy, memberId });
        expect(total).toEqual({ now: NOTHING, before: NOTHING });
        expect(data).toHaveLength(groupBy === 'day' ? 3 : 0);
      }
    }
  });

  it('cover the last 30 days by default, and two years at most', async () => {
    const team = await makeTeam();
    await as(team.ownerKey).post('/messages', US);
    const { range, data, total } = await answer(team.ownerKey, {});
    const report = (await as(team.ownerKey).get('/reports/usage')).body;
    expect([range, data.length, total.now.messages]).toEqual([{ from: report.from, to: report.to }, 30, 1]);
    expect((await answer(team.ownerKey, { from: '2024-01-01', to: '2026-01-02' })).data).toHaveLength(732);
    for (const bad of [
      { from: '2024-01-01', to: '2026-01-03' },
      { from: '2026-01-03', to: '2026-01-03' },
      { from: '2999-01-01' },
      { country: 'Germany' },
      { sort: 'age' },
      { page: 0 },
    ]) {
      expect([bad, (await ask(team.ownerKey, bad)).problem?.code]).toEqual([bad, 'invalid_request']);
    }
    const tooLong = await ask(team.ownerKey, { from: '2024-01-01', to: '2026-01-03' });
    expect(tooLong.problem?.detail).toContain('at most 732 days');
  });

  it('are sorted and limited by the database for many members', async () => {
    const team = await makeTeam();
    const memberships: TestMember[] = [];
    for (const [i, name] of ['Émile', 'zoe', 'Adam', 'eve', 'Bea'].entries()) {
      const membership = await addMember(team, { credit: '5', name });
      await send(
        team,
        '2026-03-04T12:00:00Z',
        membership.id,
        Array.from({ length: i + 1 }, () => (i === 0 ? DE : US)),
      );
      memberships.push(membership);
    }
    const namesOf = async (input: object) =>
      (await answer(team.ownerKey, { ...RANGE, groupBy: 'member', ...input })).data.map(
        ({ member }: { member: { name: string } }) => member.name,
      );
    expect(await namesOf({})).toEqual(['Émile', 'Bea', 'eve', 'Adam', 'zoe']);
    expect(await namesOf({ sort: 'messages' })).toEqual(['Bea', 'eve', 'Adam', 'zoe', 'Émile']);
    expect(await namesOf({ sort: 'name', direction: 'asc' })).toEqual(['Adam', 'Bea', 'Émile', 'eve', 'zoe']);
    expect(await namesOf({ pageSize: 2, page: 2 })).toEqual(['eve', 'Adam']);
    expect(await answer(team.ownerKey, { ...RANGE, groupBy: 'member', pageSize: 2, page: 9 })).toMatchObject({
      data: [],
      groups: 5,
      total: { now: { messages: 15 } },
    });
  });
});

type Counted = { key: string; messages: number; segments: number; delivered: number; failed: number; cost: string };

/** Counts the log message by message. */
async function recount(
  team: TestTeam,
  key: string,
  [from, to]: string[],
  memberships: string[] | null,
  country?: string,
) {
  const { rows } = await ownerPool().query<Counted>(
    `SELECT ${key} AS key, count(*)::int AS messages, sum(segments)::int AS segments,
       (count(*) FILTER (WHERE status = 'delivered'))::int AS delivered, (count(*) FILTER (WHERE status = 'failed'))::int AS failed,
       sum(cost)::text AS cost
     FROM messages WHERE team_id = $1 AND created_at >= $2 AND created_at < $3
       AND ($4::uuid[] IS NULL OR member_id = ANY ($4)) AND ($5::text IS NULL OR country = $5) GROUP BY 1 ORDER BY 1`,
    [team.teamId, `${from}T00:00:00Z`, `${to}T00:00:00Z`, memberships, country ?? null],
  );
  return rows.map(({ cost, ...row }) => ({ ...row, cost: printAmount(BigInt(cost)) }));
}

const KEYS = {
  day: `((created_at AT TIME ZONE 'UTC')::date)::text`,
  country: 'country',
  member: 'member_id::text',
};

describe('every figure', () => {
  it('is the sum over the log with the same filter, and matches the API’s report', async () => {
    const team = await makeTeam();
    const memberships: TestMember[] = [];
    for (let i = 0; i < 3; i += 1) memberships.push(await addMember(team, { credit: '90' }));
    const fates: Fate[] = ['queued', 'delivered', 'failed'];
    for (let i = 0; i < 60; i += 1) {
      const at = new Date(Date.UTC(2026, 2, 1) + i * 17.3 * 3_600_000).toISOString();
      const batch = [US, DE, GB].slice(0, 1 + (i % 3));
      await send(team, at, memberships[(i * 7) % 3]!.id, batch, fates[(i * 5 + (i % 4)) % 3]);
    }
    const [range, before] = [
      ['2026-03-22', '2026-04-12'],
      ['2026-03-01', '2026-03-22'],
    ] as const;
    const filters: { memberships: TestMember[] | null; country?: string }[] = [
      { memberships: null },
      { memberships: null, country: 'DE' },
      { memberships: [memberships[1]!] },
      { memberships: [memberships[0]!, memberships[2]!] },
      { memberships: [memberships[0]!, memberships[1]!], country: 'US' },
    ];
    for (const { memberships: some, country } of filters) {
      for (const groupBy of ['day', 'member', 'country'] as const) {
        const memberId = some?.map(({ mem }) => mem);
        const input = { from: range[0], to: range[1], groupBy, memberId, country, sort: 'name', direction: 'asc' };
        const { data, total } = await answer(team.ownerKey, input);
        const ids = some?.map(({ id }) => id) ?? null;
        const counts = [
          await recount(team, KEYS[groupBy], [...range], ids, country),
          await recount(team, KEYS[groupBy], [...before], ids, country),
        ];
        for (const [when, counted] of [
          ['now', counts[0]!],
          ['before', counts[1]!],
        ] as const) {
          const shift = when === 'before' && groupBy === 'day' ? 21 * 86_400_000 : 0;
          const keyOf = (key: string) =>
            groupBy === 'member'
              ? printId('mem', key)
              : shift
                ? new Date(Date.parse(key) + shift).toISOString().slice(0, 10)
                : key;
          const expected = new Map(counted.map(({ key, ...row }) => [keyOf(key), row]));
          const found = new Map(
            data
              .filter((row: Record<typeof when, { messages: number }>) => row[when].messages > 0)
              .map((row: Record<string, unknown>) => [row['key'], row[when]]),
          );
          expect(counted.length, JSON.stringify(input)).toBeGreaterThan(0);
          expect(found, JSON.stringify(input)).toEqual(expected);
          const sum = counted.reduce((messages, row) => messages + row.messages, 0);
          expect(total[when].messages).toBe(sum);
        }
        for (const { spark, now } of data) {
          if (groupBy === 'day') expect(spark).toBeNull();
          else expect(spark.messages.reduce((a: number, b: number) => a + b)).toBe(now.messages);
        }
        if (country === undefined && (some === null || some.length === 1)) {
          const query = new URLSearchParams({ from: range[0], to: range[1], groupBy });
          if (memberId) query.set('memberId', memberId[0]!);
          const report = (await as(team.ownerKey).get(`/reports/usage?${query.toString()}`)).body;
          expect(total.now).toEqual(report.total);
        }
      }
    }
  });
});
