import { afterEach, describe, expect, it, vi } from 'vitest';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { deactivateMember } from '@/server/domain/teams/members/write';
import { countRefusal, flushRefusals } from '@/server/domain/messaging/refusals/write';
import { suspendTeam } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { useChannels } from '../support/channels';
import { expectProblem } from '../support/api-client';
import { addMember, makeTeam, ownerPool, type TestTeam } from '../support/team';
import { getOverview } from '@/server/domain/messaging/overview/read';

const { as, tRPC } = useChannels();
const { pool } = services().database;
afterEach(() => vi.restoreAllMocks());

const message = (to = '+14155550100') => ({ to, from: 'Acme', body: 'Hello' });
const today = () => new Date().toISOString().slice(0, 10);

/** Returns the refusals that the owner sees, as `member reason count`. */
async function refusals(team: TestTeam, query = ''): Promise<string[]> {
  await flushRefusals(pool);
  const { status, body } = await as(team.ownerKey).get(`/reports/refusals${query}`);
  expect(status).toBe(200);
  return body.data
    .map(({ memberId, reason, count }: Record<string, string>) => `${memberId} ${reason} ${count}`)
    .toSorted();
}

describe('a refused send', () => {
  it('is counted by member, day and reason, for one message and for a batch', async () => {
    const team = await makeTeam({ fund: '100.00', card: 'country,prefix,price\n,1,1.00\n' });
    const [poor, rich] = [await addMember(team), await addMember(team, { credit: '50.00' })];
    for (let i = 0; i < 3; i += 1) expectProblem(await as(poor.key).post('/messages', message()), 'insufficient_funds');
    const many = { messages: [message(), message()] };
    expectProblem(await as(poor.key).post('/messages/batch', many), 'insufficient_funds');
    expectProblem(await as(rich.key).post('/messages', message('+4915112345678')), 'no_rate');
    expectProblem(await as(rich.key).post('/messages', message('+1415')), 'unroutable_number');
    expectProblem(await as(rich.key).post('/messages', { to: '+14155550100' }), 'invalid_request');
    expectProblem(await as(rich.key).post('/messages/batch', { messages: [] }), 'invalid_request');
    expect((await as(rich.key).post('/messages', message())).status).toBe(202);
    expect(await refusals(team)).toEqual(
      [
        `${poor.mem} insufficient_funds 4`,
        `${rich.mem} invalid_request 2`,
        `${rich.mem} no_rate 1`,
        `${rich.mem} unroutable_number 1`,
      ].toSorted(),
    );
    const { body } = await as(team.ownerKey).get(`/reports/refusals?memberId=${poor.mem}`);
    expect(body).toEqual({
      from: expect.any(String),
      to: expect.any(String),
      data: [
        {
          memberId: poor.mem,
          day: today(),
          reason: 'insufficient_funds',
          count: 4,
          lastAt: expect.stringMatching(/Z$/),
        },
      ],
      total: { count: 4 },
    });
    expect(Math.abs(Date.parse(body.data[0].lastAt) - Date.now())).toBeLessThan(60_000);
  });

  it('is counted for the paying member, and for the key’s member once the member is inactive or the team suspended', async () => {
    const team = await makeTeam({ fund: '0' });
    const member = await addMember(team);
    const owner = as(team.ownerKey);
    expectProblem(await owner.post('/messages', message(), { headers: { Member: member.mem } }), 'insufficient_funds');
    await deactivateMember(team.operator, member.id);
    expectProblem(await as(member.key).post('/messages', message()), 'member_inactive');
    expectProblem(await owner.post('/messages', message(), { headers: { Member: member.mem } }), 'member_inactive');
    await suspendTeam(team.operator, {});
    expectProblem(await owner.post('/messages', message()), 'team_suspended');
    expect(await refusals(team)).toEqual(
      [
        `${printId('mem', team.ownerId)} team_suspended 1`,
        `${member.mem} insufficient_funds 1`,
        `${member.mem} member_inactive 2`,
      ].toSorted(),
    );
  });

  it('is counted when it comes from a page', async () => {
    const team = await makeTeam({ fund: '0' });
    const member = await addMember(team);
    const ask = (key: string, id: string, body: object, onBehalfOf?: string) =>
      tRPC({ key }, { id, ids: {}, body, ...(onBehalfOf !== undefined && { onBehalfOf }) });
    await ask(member.key, 'sendMessage', message());
    await ask(member.key, 'sendBatch', { messages: [message('+1415')] });
    await ask(team.ownerKey, 'sendMessage', message(), member.mem);
    expect(await refusals(team)).toEqual([`${member.mem} insufficient_funds 2`, `${member.mem} unroutable_number 1`]);
  });

  it('is not counted for an estimate, another request, another team’s member or an unknown key', async () => {
    const [team, other] = [await makeTeam({ fund: '0' }), await makeTeam()];
    const stranger = await addMember(other);
    const owner = as(team.ownerKey);
    await owner.post('/messages/estimate', message('+1415'));
    await owner.post('/transfers/nothing/reverse', {});
    for (const mem of [stranger.mem, printId('mem', newUuid7()), 'mem_nobody']) {
      await owner.post('/messages', message(), { headers: { Member: mem } });
    }
    await owner.post('/messages', {}, { headers: { Member: stranger.mem } });
    await as('pur_live_nobody').post('/messages', message());
    expect(await refusals(team)).toEqual([]);
    expect(await refusals(other)).toEqual([]);
  });

  it('is shown to a member only for itself', async () => {
    const team = await makeTeam({ fund: '0' });
    const [one, two] = [await addMember(team), await addMember(team)];
    for (const { key } of [one, two, two]) await as(key).post('/messages', message());
    await flushRefusals(pool);
    const own = (await as(two.key).get('/reports/refusals')).body;
    expect(own.total).toEqual({ count: 2 });
    expect(own.data).toMatchObject([{ memberId: two.mem, count: 2 }]);
    expect((await as(two.key).get(`/reports/refusals?memberId=${one.mem}`)).body.data).toEqual([]);
    for (const bad of ['from=2026-03-02&to=2026-03-01', 'day=1', 'from=yesterday']) {
      expectProblem(await as(two.key).get(`/reports/refusals?${bad}`), 'invalid_request');
    }
    const days = `?from=2026-01-01&to=2026-01-02`;
    expect(await refusals(team, days)).toEqual([]);
  });

  it('is shown on the overview, the most frequent first', async () => {
    const team = await makeTeam({ fund: '0' });
    const members = [await addMember(team, { name: 'Once' }), await addMember(team, { name: 'Twice' })];
    for (const { key } of [members[0]!, members[1]!, members[1]!]) await as(key).post('/messages', message());
    await as(members[1]!.key).post('/messages', message('+1415'));
    await flushRefusals(pool);
    const { refusals: shown } = await getOverview(team.owner);
    expect(shown.count).toBe(4);
    expect(shown.top.map(({ name, reason, count }) => [name, reason, count])).toEqual([
      ['Twice', 'insufficient_funds', 2],
      ['Twice', 'unroutable_number', 1],
      ['Once', 'insufficient_funds', 1],
    ]);
  });
});

describe('refused sends in a loop', () => {
  it('are written once for each team, member, day and reason, not once a request', async () => {
    const team = await makeTeam({ fund: '0' });
    const [one, two] = [await addMember(team), await addMember(team)];
    await flushRefusals(pool);
    const query = vi.spyOn(pool, 'query');
    const writes = () => query.mock.calls.filter(([text]) => text.includes('INTO refusals')).length;
    for (let i = 0; i < 500; i += 1) countRefusal(pool, { teamId: team.teamId, memberId: one.id }, 'no_rate');
    for (let i = 0; i < 500; i += 1)
      countRefusal(pool, { teamId: team.teamId, memberId: two.id }, 'insufficient_funds');
    expect(writes()).toBe(0);
    await flushRefusals(pool);
    expect(writes()).toBe(1);
    await flushRefusals(pool);
    expect(writes()).toBe(1);
    expect(await refusals(team)).toEqual([`${one.mem} no_rate 500`, `${two.mem} insufficient_funds 500`].toSorted());
  });

  it('are kept in memory while the database is away, and counted once it is back', async () => {
    const team = await makeTeam({ fund: '0' });
    const count = () => countRefusal(pool, { teamId: team.teamId, memberId: team.ownerId }, 'no_rate');
    const query = vi.spyOn(pool, 'query').mockRejectedValue(new Error('away'));
    count();
    await flushRefusals(pool);
    count();
    query.mockRestore();
    expect(await refusals(team)).toEqual([`${printId('mem', team.ownerId)} no_rate 2`]);
  });

  it('are written automatically within some seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const team = await makeTeam({ fund: '0' });
    await flushRefusals(pool);
    countRefusal(pool, { teamId: team.teamId, memberId: team.ownerId }, 'no_rate');
    vi.advanceTimersByTime(3_000);
    vi.useRealTimers();
    await vi.waitFor(async () => {
      const { rows } = await ownerPool().query('SELECT count FROM refusals WHERE team_id = $1', [team.teamId]);
      expect(rows).toEqual([{ count: 1 }]);
    });
  });

  it('use bounded memory: counts above the bound are dropped', async () => {
    const team = await makeTeam({ fund: '0' });
    await flushRefusals(pool);
    vi.spyOn(pool, 'query').mockRejectedValue(new Error('away'));
    for (let i = 0; i < 25_000; i += 1) countRefusal(pool, { teamId: team.teamId, memberId: newUuid7() }, 'no_rate');
    await flushRefusals(pool);
    const tallies = (
      globalThis as unknown as { purserRefusals: WeakMap<typeof pool, { counted: Map<string, unknown> }> }
    ).purserRefusals;
    expect(tallies.get(pool)!.counted.size).toBeLessThanOrEqual(10_000);
    vi.restoreAllMocks();
    await flushRefusals(pool);
  });
});
