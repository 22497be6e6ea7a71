import { describe, expect, it } from 'vitest';
import { auditOf, useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam, ownerPool, type TestTeam } from '../support/team';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const ask = async (key: string, id: string, input: object = {}) => callProcedure(await sessionOf(key), id, input);
const overviewOf = async ({ ownerKey }: TestTeam) => (await ask(ownerKey, 'getOverview')).data;
const shellOf = async (key: string) => (await ask(key, 'getShell')).data;

describe('the shell of every page', () => {
  it('shows an owner the team, its money and its waiting rules', async () => {
    const team = await makeTeam({ fund: '100.00', name: 'Shell & Co' });
    await as(team.ownerKey).patch('/team', { reserve: '10', lowBalance: '20' });
    await addMember(team, { recharge: { threshold: '1', target: '5000' } });
    expect(await shellOf(team.ownerKey)).toEqual({
      team: {
        id: team.id,
        name: 'Shell & Co',
        slug: expect.stringMatching(/^shell-co/),
        currency: 'USD',
        status: 'active',
        samplePrices: true,
        masterBalance: '100.00',
        reserve: '10.00',
        isCurrencyFixed: true,
        lowBalance: '20.00',
        textRetentionDays: null,
      },
      me: {
        memberId: expect.stringMatching(/^mem_/),
        name: 'First Owner',
        role: 'owner',
        balance: '0.00',
        isLow: false,
        canTakeBack: false,
      },
      waitingRecharges: 1,
      demo: true,
    });
  });

  it('shows a member nothing for owners only', async () => {
    const team = await makeTeam({ fund: '777.77' });
    await as(team.ownerKey).patch('/team', { reserve: '333.33', lowBalance: '222.22' });
    const membership = await addMember(team, { credit: '5', name: 'Ann', recharge: { threshold: '1', target: '2' } });
    await addMember(team, { recharge: { threshold: '1', target: '5000' } });
    const shell = await shellOf(membership.key);
    expect(shell).toMatchObject({
      team: { samplePrices: false, masterBalance: null, reserve: null, lowBalance: null },
      me: { memberId: membership.mem, name: 'Ann', role: 'member', balance: '5.00', canTakeBack: false },
      waitingRecharges: 0,
    });
    expect(JSON.stringify(shell)).not.toMatch(/[0-9]{3}\.[0-9]/);
  });

  it('offers the owner role to those who stepped down, while there is no active owner', async () => {
    const team = await makeTeam();
    const second = await addMember(team, { role: 'owner' });
    const own = (await as(team.ownerKey).get('/me')).body.member.id;
    const canTakeBack = async (key: string) => (await shellOf(key)).me.canTakeBack;
    await as(team.ownerKey).post(`/members/${own}/role`, { role: 'member' });
    expect(await canTakeBack(team.ownerKey)).toBe(false);
    const third = await addMember(team);
    await as(second.key).post(`/members/${second.mem}/role`, { role: 'member' });
    expect(await canTakeBack(third.key)).toBe(false);
    expect([await canTakeBack(team.ownerKey), await canTakeBack(second.key)]).toEqual([true, true]);
    expect((await ask(second.key, 'setRole', { memberId: second.mem, role: 'owner' })).problem).toBeNull();
    expect([await canTakeBack(team.ownerKey), await canTakeBack(second.key)]).toEqual([false, false]);
  });

  it('says when there is no sandbox', async () => {
    const { ownerKey } = await makeTeam();
    expect((await callProcedure(await sessionOf(ownerKey), 'getShell', {}, null, false)).data.demo).toBe(false);
  });
});

describe('the overview', () => {
  it('has sixty empty days and the whole checklist for a new team', async () => {
    const { days, ...rest } = await overviewOf(await makeTeam({ fund: '0' }));
    expect(days).toHaveLength(60);
    expect(days.every((day: { messages: number; cost: string }) => day.messages === 0 && day.cost === '0.00')).toBe(
      true,
    );
    expect(rest).toMatchObject({
      spenders: [],
      waiting: [],
      recent: [{ action: 'team.created' }],
      setup: { hasMember: false, hasFunds: false, hasRates: false, hasSent: false },
    });
  });

  it('shows messages by UTC day, the oldest first, today last', async () => {
    const team = await makeTeam();
    const membership = await addMember(team, { credit: '5' });
    for (const to of ['+14155550100', '+4915112345678']) await as(membership.key).post('/messages', { ...message, to });
    const { rows } = await ownerPool().query<{ days: string[] }>(
      `SELECT array_agg(((now() AT TIME ZONE 'UTC')::date - d)::text ORDER BY d DESC) AS days FROM generate_series(0, 59) d`,
    );
    const { days } = await overviewOf(team);
    expect(days.map(({ day }: { day: string }) => day)).toEqual(rows[0]!.days);
    expect(days.at(-1)).toMatchObject({ messages: 2, cost: '0.11' });
  });

  it('names the five top spenders of 30 days, and the rules that have waited longest', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const memberships = [];
    for (let i = 0; i < 7; i += 1) memberships.push(await addMember(team, { name: `Member ${i}`, credit: '1' }));
    for (const [i, membership] of memberships.slice(0, 6).entries()) {
      for (let n = 0; n <= i; n += 1) await as(membership.key).post('/messages', message);
    }
    const body = { threshold: '9', target: '5000' };
    for (const membership of memberships.toReversed())
      await as(team.ownerKey).put(`/members/${membership.mem}/recharge`, body);
    const { spenders, waiting, setup } = await overviewOf(team);
    expect(spenders.map(({ name, messages, cost }: Record<string, unknown>) => [name, messages, cost])).toEqual(
      [6, 5, 4, 3, 2].map((n) => [`Member ${n - 1}`, n, `0.0${n}`]),
    );
    expect(spenders[0].memberId).toBe(memberships[5]!.mem);
    expect(waiting.map(({ name }: { name: string }) => name)).toEqual([6, 5, 4, 3, 2].map((n) => `Member ${n}`));
    expect(waiting[0]).toEqual({
      memberId: memberships[6]!.mem,
      name: 'Member 6',
      reason: 'master_short',
      since: expect.stringMatching(/^\d{4}-.*Z$/),
      balance: '1.00',
    });
    expect(setup).toEqual({ hasMember: true, hasFunds: true, hasRates: false, hasSent: true });
  });
});

describe('the audit log', () => {
  it('lists actions with actor and target, newest first, with every id as printed', async () => {
    const team = await makeTeam();
    const membership = await addMember(team, { name: 'Ann' });
    const made = await ask(team.ownerKey, 'creditMember', { memberId: membership.mem, amount: '2' });
    const keys = (await as(team.ownerKey).get(`/members/${membership.mem}/keys`)).body.data;
    await as(team.ownerKey).delete(`/keys/${keys[0].id}`);
    await ask(team.ownerKey, 'updateMember', { memberId: membership.mem, name: 'Anna' });
    const { data } = (await ask(team.ownerKey, 'listAuditEvents')).data;
    expect(data).toMatchObject([
      {
        action: 'member.updated',
        targetName: 'Anna',
        before: { name: 'Ann' },
        after: { name: 'Anna' },
        channel: 'web',
      },
      {
        action: 'key.ended',
        targetType: 'member',
        targetId: membership.mem,
        targetName: 'Anna',
        before: { keyId: keys[0].id, status: 'current' },
        channel: 'api',
        address: '127.0.0.1',
      },
      {
        action: 'member.credited',
        actor: { type: 'user', name: 'First Owner' },
        targetType: 'member',
        targetId: membership.mem,
        targetName: 'Anna',
        before: null,
        after: { amount: '2.00', transferId: made.data.transfer.id },
      },
      { action: 'member.created', actor: { type: 'operator', name: 'Operator' }, channel: 'cli' },
      { action: 'team.funded', targetId: team.id, after: { transferId: expect.stringMatching(/^trf_/) } },
      { action: 'team.created', after: { owner: expect.stringMatching(/^mem_/) } },
    ]);
    expect(JSON.stringify(data)).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  });

  it('pages, and filters by one member', async () => {
    const team = await makeTeam();
    const [ann, ben] = [await addMember(team), await addMember(team)];
    for (const { mem } of [ann, ben, ann]) await ask(team.ownerKey, 'creditMember', { memberId: mem, amount: '1' });
    const first = (await ask(team.ownerKey, 'listAuditEvents', { memberId: ann.mem, limit: 2 })).data;
    const next = { memberId: ann.mem, limit: 2, cursor: first.nextCursor };
    const second = (await ask(team.ownerKey, 'listAuditEvents', next)).data;
    const actions = [...first.data, ...second.data].map(({ action }: { action: string }) => action);
    expect(actions).toEqual(['member.credited', 'member.credited', 'member.created']);
    expect(second.nextCursor).toBeNull();
    const { problem } = await ask(team.ownerKey, 'listAuditEvents', { cursor: first.nextCursor });
    expect(problem?.code).toBe('invalid_cursor');
  });
});

describe('sandbox funding', () => {
  it('adds money to the master balance in the name of the user', async () => {
    const team = await makeTeam({ fund: '1.00' });
    const { data } = await ask(team.ownerKey, 'fundSandbox', { amount: '500' });
    expect(data).toEqual({ transferId: expect.stringMatching(/^trf_/), amount: '500.00', masterBalance: '501.00' });
    const transfer = (await as(team.ownerKey).get(`/transfers/${data.transferId}`)).body;
    expect(transfer).toMatchObject({
      kind: 'funding',
      note: 'Sandbox funding',
      actor: { type: 'user', name: 'First Owner' },
      balanceAfter: { master: '501.00' },
    });
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'team.funded', channel: 'web', actorType: 'user' });
  });

  it('exists only in the demo', async () => {
    const team = await makeTeam();
    const session = await sessionOf(team.ownerKey);
    const { problem } = await callProcedure(session, 'fundSandbox', { amount: '1' }, null, false);
    expect(problem?.code).toBe('not_found');
    expect((await as(team.ownerKey).get('/team')).body.masterBalance).toBe('1000.00');
  });

  it.each(['0', '-1', 'all', '1.0000001'])('refuses %s', async (amount) => {
    const { problem } = await ask((await makeTeam()).ownerKey, 'fundSandbox', { amount });
    expect(problem?.code).toBe('invalid_amount');
  });
});
