import { describe, expect, it } from 'vitest';
import { serveWaiting } from '@/server/domain/billing/auto-recharge/write';
import { services } from '@/server/http/services';
import { systemContext } from '@/server/domain/core/context';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { addMember, makeTeam, micros, ownerPool, type TestMember, type TestTeam } from '../support/team';
import { balancesOf, expectProblem, useApi } from '../support/api-client';

const as = useApi();

/** A card of one unit of money a segment, so that a text of n segments is charged n. */
const UNIT_CARD = 'country,prefix,price\n,1,1.00\n';
const unitTeam = (fund: string) => makeTeam({ fund, card: UNIT_CARD });
const text = (segments: number) => (segments === 1 ? 'Hi' : 'a'.repeat(153 * segments));

const spend = (member: TestMember, units: number) =>
  as(member.key).post('/messages', { to: '+14155550100', from: 'Acme', body: text(units) });
const ruleOf = async (team: TestTeam, { mem }: TestMember) =>
  (await as(team.ownerKey).get(`/members/${mem}/recharge`)).body;
const eventsOf = async (team: TestTeam, { mem }: TestMember) =>
  (await as(team.ownerKey).get(`/members/${mem}/recharge/events`)).body.data;
const balanceOf = async ({ key }: TestMember) => (await as(key).get('/me')).body.member.balance;
const masterOf = async (team: TestTeam) => (await as(team.ownerKey).get('/team')).body.masterBalance;
const serve = (team: TestTeam) => serveWaiting(systemContext(services(), team.teamId));
const put = (team: TestTeam, { mem }: TestMember, rule: object) =>
  as(team.ownerKey).put(`/members/${mem}/recharge`, rule);
const fund = (team: TestTeam, amount: string) => fundTeam(team.operator, { amount: micros(amount) });

/** Removes the team's jobs from the outbox and returns their tasks, without the alerts. */
async function takeJobs(team: TestTeam): Promise<string[]> {
  const { rows } = await ownerPool().query<{ task: string }>('DELETE FROM outbox WHERE team_id = $1 RETURNING task', [
    team.teamId,
  ]);
  return rows.map(({ task }) => task).filter((task) => task !== 'alert');
}

describe('a fixed step', () => {
  it('fires when a charge takes the balance below the threshold, before the charge is posted', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '10', recharge: { threshold: '5', amount: '3' } });
    expect((await spend(member, 6)).status).toBe(202);
    expect(await balanceOf(member)).toBe('7.00');
    const moved = (await as(member.key).get('/transfers')).body.data;
    expect(
      moved.map(({ kind, balanceAfter }: { kind: string; balanceAfter: { member: string } }) => [
        kind,
        balanceAfter.member,
      ]),
    ).toEqual([
      ['charge', '7.00'],
      ['recharge', '13.00'],
      ['credit', '10.00'],
    ]);
    const [event, ...rest] = await eventsOf(team, member);
    expect(rest).toEqual([]);
    expect(event).toMatchObject({
      outcome: 'fired',
      reason: null,
      count: 1,
      balanceBefore: '10.00',
      amount: '3.00',
      transferId: moved[1].id,
    });
    expect(event.detail).toBe('Added 3.00 to a balance of 10.00.');
    expect(await ruleOf(team, member)).toMatchObject({
      state: 'ready',
      reason: null,
      spentInPeriod: '3.00',
      lastFiredAt: event.at,
    });
    expect(moved[1].actor).toMatchObject({ type: 'rule', id: member.mem });
  });

  it('does not fire at the threshold itself: below is strictly below', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '10', recharge: { threshold: '5', amount: '3' } });
    await spend(member, 5);
    expect(await balanceOf(member)).toBe('5.00');
    expect(await eventsOf(team, member)).toEqual([]);
    await spend(member, 1);
    expect(await balanceOf(member)).toBe('7.00');
  });

  it('takes as many whole steps as bring it to the threshold, in one transfer', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '10', recharge: { threshold: '5', amount: '2' } });
    await spend(member, 8);
    expect(await balanceOf(member)).toBe('6.00');
    const [event] = await eventsOf(team, member);
    expect(event.amount).toBe('4.00');
  });
});

describe('a target', () => {
  it('fills up to it, counted after the charge', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '10', recharge: { threshold: '5', target: '20' } });
    await spend(member, 6);
    expect(await balanceOf(member)).toBe('20.00');
    expect(await masterOf(team)).toBe('74.00');
  });

  it('pays a charge larger than the balance by recharging first', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '8' } });
    const sent = await spend(member, 10);
    expect([sent.status, sent.body.cost]).toEqual([202, '10.00']);
    expect(await balanceOf(member)).toBe('8.00');
    expect((await eventsOf(team, member))[0]).toMatchObject({
      outcome: 'fired',
      amount: '13.00',
      balanceBefore: '5.00',
    });
  });
});

describe('a cap', () => {
  it('limits a recharge to what is left of it, then waits and counts the refusals of one reason in one event', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, {
      credit: '10',
      recharge: { threshold: '5', target: '20', cap: { amount: '5', period: 'day' } },
    });
    await spend(member, 6);
    expect(await balanceOf(member)).toBe('9.00');
    expect(await ruleOf(team, member)).toMatchObject({
      state: 'ready',
      spentInPeriod: '5.00',
      cap: { amount: '5.00', period: 'day' },
    });
    expect((await spend(member, 6)).status).toBe(202);
    expect(await ruleOf(team, member)).toMatchObject({ state: 'waiting', reason: 'cap_reached' });
    expect((await spend(member, 1)).status).toBe(202);
    const events = await eventsOf(team, member);
    expect(events.map(({ outcome, reason, count }: Record<string, unknown>) => [outcome, reason, count])).toEqual([
      ['refused', 'cap_reached', 2],
      ['fired', null, 1],
    ]);
    expect(Date.parse(events[0].lastAt)).toBeGreaterThan(Date.parse(events[0].at));
    expect(events[0].transferId).toBe(null);
    expect(await balanceOf(member)).toBe('2.00');
  });

  it('limits a fixed amount to whole steps, and the rule waits for the rest', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, {
      credit: '10',
      recharge: { threshold: '10', amount: '4', cap: { amount: '10', period: 'day' } },
    });
    await spend(member, 9);
    expect(await balanceOf(member)).toBe('9.00');
    expect(await ruleOf(team, member)).toMatchObject({
      state: 'waiting',
      reason: 'cap_reached',
      spentInPeriod: '8.00',
    });
    expect((await eventsOf(team, member))[0]).toMatchObject({
      outcome: 'fired',
      reason: 'cap_reached',
      amount: '8.00',
    });
  });

  it('counts its own period in UTC: a day or a month', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, {
      credit: '10',
      recharge: { threshold: '5', target: '9', cap: { amount: '50', period: 'month' } },
    });
    await ownerPool().query(
      `INSERT INTO recharge_totals (team_id, member_id, day, amount) SELECT $1, $2, d, m FROM (VALUES
         (date_trunc('month', now() AT TIME ZONE 'UTC')::date - 1, 40000000),
         ((now() AT TIME ZONE 'UTC')::date - 40, 1000000),
         (date_trunc('month', now() AT TIME ZONE 'UTC')::date, 3000000)) AS x(d, m)`,
      [team.teamId, member.id],
    );
    expect((await ruleOf(team, member)).spentInPeriod).toBe('3.00');
    await put(team, member, { threshold: '5', target: '9', cap: { amount: '50', period: 'day' } });
    const today = new Date().getUTCDate() === 1 ? '3.00' : '0.00';
    expect((await ruleOf(team, member)).spentInPeriod).toBe(today);
  });

  it('refuses a charge that stays uncovered, and moves nothing', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, {
      credit: '5',
      recharge: { threshold: '5', target: '9', cap: { amount: '4', period: 'day' } },
    });
    const before = await balancesOf(team);
    const short = expectProblem(await spend(member, 10), 'insufficient_funds');
    expect(short).toMatchObject({ balance: 'member', required: '10.00', available: '5.00' });
    expect(await balancesOf(team)).toEqual(before);
    expect((await eventsOf(team, member))[0]).toMatchObject({
      outcome: 'refused',
      reason: 'cap_reached',
      balanceBefore: '5.00',
      amount: '14.00',
      transferId: null,
    });
    expect(await ruleOf(team, member)).toMatchObject({ state: 'ready', reason: null });
  });

  it('counts every recharge of the period, even one that a debit returned', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, {
      recharge: { threshold: '5', target: '10', cap: { amount: '10', period: 'day' } },
    });
    expect(await balanceOf(member)).toBe('10.00');
    await as(team.ownerKey).post(`/members/${member.mem}/debit`, { amount: 'all' });
    await put(team, member, { threshold: '5', target: '10', cap: { amount: '10', period: 'day' } });
    expect(await ruleOf(team, member)).toMatchObject({
      state: 'waiting',
      reason: 'cap_reached',
      spentInPeriod: '10.00',
    });
    await put(team, member, { threshold: '5', target: '10', cap: { amount: '15', period: 'day' } });
    expect([await balanceOf(member), (await ruleOf(team, member)).state]).toEqual(['5.00', 'ready']);
  });
});

describe('the master balance', () => {
  it('pays a recharge whole or not at all, with the reason `reserve` when only the reserve prevents it', async () => {
    const team = await unitTeam('105');
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '15' } });
    await as(team.ownerKey).patch('/team', { reserve: '90' });
    expect((await spend(member, 1)).status).toBe(202);
    expect([await balanceOf(member), await masterOf(team)]).toEqual(['4.00', '100.00']);
    expect(await ruleOf(team, member)).toMatchObject({ state: 'waiting', reason: 'reserve' });
    await as(team.ownerKey).patch('/team', { reserve: '89' });
    expect(await takeJobs(team)).toEqual(['serve-waiting']);
    expect(await serve(team)).toBe(1);
    expect([await balanceOf(member), await masterOf(team)]).toEqual(['15.00', '89.00']);
    expect(await ruleOf(team, member)).toMatchObject({ state: 'ready', reason: null });
  });

  it('gives the reason `master_short` when it is too low, without showing the member its figures', async () => {
    const team = await unitTeam('10');
    const member = await addMember(team, { credit: '8', recharge: { threshold: '5', target: '20' } });
    expect((await spend(member, 4)).status).toBe(202);
    expect(await ruleOf(team, member)).toMatchObject({ state: 'waiting', reason: 'master_short' });
    const own = await as(member.key).get(`/members/${member.mem}/recharge/events`);
    expect(own.body.data[0]).toMatchObject({
      outcome: 'refused',
      reason: 'master_short',
      balanceBefore: '8.00',
      amount: '16.00',
    });
    expect(own.body.data[0].detail).toBe('Not recharged at a balance of 8.00: the master balance is too low.');
  });

  it('leaves a rule ready when a charge is refused with the balance at the threshold or above', async () => {
    const team = await unitTeam('5');
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '8' } });
    expectProblem(await spend(member, 10), 'insufficient_funds');
    expectProblem(await spend(member, 10), 'insufficient_funds');
    expect(await ruleOf(team, member)).toMatchObject({ state: 'ready', reason: null });
    expect((await eventsOf(team, member)).map(({ reason, count }: Record<string, unknown>) => [reason, count])).toEqual(
      [['master_short', 2]],
    );
    expect(await balanceOf(member)).toBe('5.00');
  });
});

describe('a waiting rule', () => {
  it('is served oldest first, each with its whole need, and keeps its place when the money is not enough', async () => {
    const team = await unitTeam('0.000001');
    const first = await addMember(team, { recharge: { threshold: '10', target: '50' } });
    const second = await addMember(team, { recharge: { threshold: '10', target: '12' } });
    const third = await addMember(team, { recharge: { threshold: '10', target: '13' } });
    for (const member of [first, second, third]) expect((await ruleOf(team, member)).state).toBe('waiting');
    await fund(team, '20');
    expect(await takeJobs(team)).toContain('serve-waiting');
    expect(await serve(team)).toBe(1);
    expect([await balanceOf(first), await balanceOf(second), await balanceOf(third)]).toEqual([
      '0.00',
      '12.00',
      '0.00',
    ]);
    await fund(team, '55');
    expect(await serve(team)).toBe(2);
    expect([await balanceOf(first), await balanceOf(third)]).toEqual(['50.00', '13.00']);
    expect(await masterOf(team)).toBe('0.000001');
    const events = await eventsOf(team, first);
    expect(events.map(({ outcome, count }: Record<string, unknown>) => [outcome, count])).toEqual([
      ['fired', 1],
      ['refused', 1],
    ]);
  });

  it('is served once, though the job runs again', async () => {
    const team = await unitTeam('0.000001');
    const member = await addMember(team, { recharge: { threshold: '10', target: '50' } });
    await fund(team, '500');
    expect(await serve(team)).toBe(1);
    expect(await serve(team)).toBe(0);
    expect(await balanceOf(member)).toBe('50.00');
    await Promise.all([serve(team), serve(team), serve(team)]);
    expect(await balanceOf(member)).toBe('50.00');
  });

  it('keeps its place when it is changed, or saved again, and still cannot be served', async () => {
    const team = await unitTeam('1');
    const first = await addMember(team, { recharge: { threshold: '10', target: '50' } });
    const second = await addMember(team, { recharge: { threshold: '10', target: '12' } });
    await put(team, first, { threshold: '10', target: '12' });
    await put(team, first, { threshold: '10', target: '12' });
    expect((await eventsOf(team, first)).map(({ amount }: Record<string, unknown>) => amount)).toEqual([
      '12.00',
      '12.00',
      '50.00',
    ]);
    await fund(team, '12');
    expect(await serve(team)).toBe(1);
    expect([await balanceOf(first), await balanceOf(second)]).toEqual(['12.00', '0.00']);
    // A lower threshold ends the waiting.
    await put(team, second, { threshold: '0', target: '12' });
    expect(await ruleOf(team, second)).toMatchObject({ state: 'ready', reason: null });
  });

  it('is served by a job after a refused charge when its need without that charge can be paid', async () => {
    const team = await unitTeam('10');
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '8' } });
    await as(team.ownerKey).post(`/members/${member.mem}/debit`, { amount: 'all' });
    await takeJobs(team);
    expectProblem(await spend(member, 9), 'insufficient_funds');
    expect(await ruleOf(team, member)).toMatchObject({ state: 'waiting', reason: 'master_short' });
    expect(await takeJobs(team)).toEqual(['serve-waiting']);
    expect(await serve(team)).toBe(1);
    expect([await balanceOf(member), await masterOf(team)]).toEqual(['8.00', '2.00']);
  });

  it('enqueues no job when it is refused again', async () => {
    const team = await unitTeam('1');
    const member = await addMember(team, { recharge: { threshold: '5', target: '8' } });
    await takeJobs(team);
    expectProblem(await spend(member, 9), 'insufficient_funds');
    expect(await takeJobs(team)).toEqual([]);
  });

  it('is ready again when money comes another way, and an insufficient credit enqueues the job', async () => {
    const team = await unitTeam('20');
    const member = await addMember(team, { recharge: { threshold: '10', target: '50' } });
    expect((await ruleOf(team, member)).state).toBe('waiting');
    await takeJobs(team);
    await as(team.ownerKey).post(`/members/${member.mem}/credit`, { amount: '9.999999' });
    expect((await ruleOf(team, member)).state).toBe('waiting');
    expect(await takeJobs(team)).toEqual(['serve-waiting']);
    await as(team.ownerKey).post(`/members/${member.mem}/credit`, { amount: '0.000001' });
    expect(await ruleOf(team, member)).toMatchObject({ state: 'ready', reason: null });
    expect(await takeJobs(team)).toEqual([]);
  });

  it('is ended by deleting or disabling it or by deactivating the member, and is not enabled again by itself', async () => {
    const team = await unitTeam('0.000001');
    const rule = { threshold: '10', target: '50' };
    const members = [
      await addMember(team, { recharge: rule }),
      await addMember(team, { recharge: rule }),
      await addMember(team, { recharge: rule }),
    ];
    const [off, idle, gone] = members as [TestMember, TestMember, TestMember];
    const owner = as(team.ownerKey);
    await put(team, off, { ...rule, enabled: false });
    await owner.post(`/members/${idle.mem}/deactivate`);
    await owner.delete(`/members/${gone.mem}/recharge`);
    expect(await ruleOf(team, off)).toMatchObject({ enabled: false, state: 'off', reason: null });
    expect(await ruleOf(team, idle)).toMatchObject({ enabled: true, state: 'paused', reason: 'member_inactive' });
    await fund(team, '500');
    expect(await serve(team)).toBe(0);
    for (const member of members) expect((await owner.get(`/members/${member.mem}`)).body.balance).toBe('0.00');
    expect((await owner.get('/team')).body.waitingRecharges).toBe(0);
  });

  it('is not created by a manual debit: the job serves waiting rules only', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '10', recharge: { threshold: '5', target: '20' } });
    await as(team.ownerKey).post(`/members/${member.mem}/debit`, { amount: 'all' });
    expect(await ruleOf(team, member)).toMatchObject({ state: 'ready', reason: null });
    expect(await eventsOf(team, member)).toEqual([]);
    await fund(team, '1');
    expect(await serve(team)).toBe(0);
    expect(await balanceOf(member)).toBe('0.00');
    expect((await spend(member, 1)).status).toBe(202);
    expect(await balanceOf(member)).toBe('20.00');
  });

  it('does not delay another member’s charge, which fires its own rule at once', async () => {
    const team = await unitTeam('30');
    const waiting = await addMember(team, { recharge: { threshold: '10', target: '50' } });
    const other = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '10' } });
    await spend(other, 1);
    expect([await balanceOf(waiting), await balanceOf(other)]).toEqual(['0.00', '10.00']);
  });
});

describe('a rule without a charge', () => {
  it('fires when a member is created with a rule, after its starting credit', async () => {
    const team = await unitTeam('100');
    const made = await as(team.ownerKey).post('/members', { credit: '3', recharge: { threshold: '5', target: '20' } });
    expect(made.body.member).toMatchObject({ balance: '20.00', recharge: { state: 'ready', spentInPeriod: '17.00' } });
  });

  it('is created waiting with its member when it cannot be served', async () => {
    const team = await unitTeam('4');
    const made = await as(team.ownerKey).post('/members', { credit: '3', recharge: { threshold: '5', target: '20' } });
    expect(made.status).toBe(201);
    expect(made.body.member).toMatchObject({ balance: '3.00', recharge: { state: 'waiting', reason: 'master_short' } });
  });

  it('fires when it is created, changed or enabled while the balance is already low', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '3' });
    const rule = { threshold: '3', amount: '10' };
    expect((await put(team, member, rule)).body).toMatchObject({ state: 'ready', enabled: true, lastFiredAt: null });
    expect(await balanceOf(member)).toBe('3.00');
    expect((await put(team, member, { ...rule, threshold: '4' })).body.lastFiredAt).toMatch(/Z$/);
    expect(await balanceOf(member)).toBe('13.00');
    expect((await put(team, member, { threshold: '20', amount: '10', enabled: false })).body.state).toBe('off');
    expect(await balanceOf(member)).toBe('13.00');
    await put(team, member, { threshold: '20', amount: '10', enabled: true });
    expect(await balanceOf(member)).toBe('23.00');
  });

  it('fires when the member is activated', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '10', recharge: { threshold: '5', target: '20' } });
    const owner = as(team.ownerKey);
    await owner.post(`/members/${member.mem}/deactivate`);
    await owner.post(`/members/${member.mem}/debit`, { amount: '9' });
    await put(team, member, { threshold: '5', target: '20' });
    expect((await owner.get(`/members/${member.mem}`)).body).toMatchObject({
      balance: '1.00',
      recharge: { state: 'paused' },
    });
    expect((await owner.post(`/members/${member.mem}/activate`)).body).toMatchObject({
      balance: '20.00',
      recharge: { state: 'ready' },
    });
  });

  it('fires when an owner becomes a member again; until then it is paused and the master balance pays', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '20' } });
    const owner = as(team.ownerKey);
    expect((await owner.post(`/members/${member.mem}/role`, { role: 'owner' })).body.recharge).toMatchObject({
      state: 'paused',
      reason: 'owner',
    });
    await spend(member, 2);
    expect([await masterOf(team), await balanceOf(member)]).toEqual(['93.00', '5.00']);
    await owner.post(`/members/${member.mem}/debit`, { amount: '1' });
    expect(await balanceOf(member)).toBe('4.00');
    const back = await owner.post(`/members/${member.mem}/role`, { role: 'member' });
    expect(back.body).toMatchObject({ balance: '20.00', recharge: { state: 'ready' } });
  });
});

describe('GET, PUT and DELETE /members/{id}/recharge', () => {
  it('refuse a rule that could never fire or is ambiguous, each error at its field', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team);
    const cases: [object, string, string][] = [
      [{ threshold: '5' }, 'invalid_request', '/amount'],
      [{ threshold: '5', amount: '1', target: '9' }, 'invalid_request', '/target'],
      [{ threshold: '5', target: '5' }, 'invalid_request', '/target'],
      [{ threshold: '5', amount: '10', cap: { amount: '9', period: 'day' } }, 'invalid_request', '/amount'],
      [{ threshold: '5', amount: '10', cap: { amount: '20', period: 'week' } }, 'invalid_request', '/cap/period'],
      [{ threshold: '5', amount: '10', cap: { amount: '20' } }, 'invalid_request', '/cap/period'],
      [{ threshold: '-5', amount: '10' }, 'invalid_amount', '/threshold'],
      [{ threshold: '5', amount: '0' }, 'invalid_amount', '/amount'],
      [{ threshold: '5', amount: '1', cap: { amount: '0', period: 'day' } }, 'invalid_amount', '/cap/amount'],
      [{ threshold: '5', amount: '1', state: 'ready' }, 'invalid_request', '/state'],
      [{ amount: '1' }, 'invalid_request', '/threshold'],
    ];
    for (const [rule, code, pointer] of cases) {
      const problem = expectProblem(await put(team, member, rule), code as 'invalid_request');
      expect(
        problem.errors.map((error: { pointer: string }) => error.pointer),
        JSON.stringify(rule),
      ).toContain(pointer);
    }
    expectProblem(await as(team.ownerKey).get(`/members/${member.mem}/recharge`), 'not_found');
    expect((await put(team, member, { threshold: '0', amount: '0.000001', cap: null })).status).toBe(200);
  });

  it('answer the rule as it was saved, with its state', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '9' });
    const fixed = await put(team, member, { threshold: '5', amount: '10', cap: { amount: '30', period: 'month' } });
    expect(fixed.body).toEqual({
      enabled: true,
      threshold: '5.00',
      amount: '10.00',
      cap: { amount: '30.00', period: 'month' },
      state: 'ready',
      reason: null,
      spentInPeriod: '0.00',
      lastFiredAt: null,
    });
    const filled = await put(team, member, { threshold: '5', target: '50' });
    expect(filled.body).toMatchObject({ target: '50.00', cap: null });
    expect(filled.body).not.toHaveProperty('amount');
    expect((await as(member.key).get(`/members/${member.mem}/recharge`)).body).toEqual(filled.body);
    expectProblem(
      await as(member.key).put(`/members/${member.mem}/recharge`, { threshold: '5', target: '50' }),
      'owner_required',
    );
  });

  it('delete the rule and keep its history and the amount counted against a cap', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, {
      recharge: { threshold: '5', target: '20', cap: { amount: '30', period: 'month' } },
    });
    const owner = as(team.ownerKey);
    const gone = await owner.delete(`/members/${member.mem}/recharge`);
    expect([gone.status, gone.body]).toEqual([
      200,
      expect.objectContaining({ enabled: false, state: 'off', reason: null, target: '20.00' }),
    ]);
    expectProblem(await owner.get(`/members/${member.mem}/recharge`), 'not_found');
    expectProblem(await owner.delete(`/members/${member.mem}/recharge`), 'not_found');
    expect((await owner.get(`/members/${member.mem}`)).body.recharge).toBe(null);
    expect(await eventsOf(team, member)).toHaveLength(1);
    expect(
      (await put(team, member, { threshold: '5', target: '20', cap: { amount: '30', period: 'month' } })).body
        .spentInPeriod,
    ).toBe('20.00');
  });

  it('page through the history, newest first, with cursors bound to the member', async () => {
    const team = await unitTeam('100');
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', amount: '1' } });
    for (let i = 0; i < 3; i++) await spend(member, 1);
    const path = `/members/${member.mem}/recharge/events`;
    const first = (await as(team.ownerKey).get(`${path}?limit=2`)).body;
    const second = (await as(team.ownerKey).get(`${path}?limit=2&cursor=${first.nextCursor}`)).body;
    expect([first.data.length, second.data.length, second.nextCursor]).toEqual([2, 1, null]);
    const at = [...first.data, ...second.data].map((event: { at: string }) => event.at);
    expect(at).toEqual(at.toSorted().toReversed());
    const other = await addMember(team);
    expectProblem(
      await as(team.ownerKey).get(`/members/${other.mem}/recharge/events?cursor=${first.nextCursor}`),
      'invalid_cursor',
    );
  });

  it('never exceed the cap or the reserve under many concurrent charges', async () => {
    const team = await unitTeam('100');
    const rule = { threshold: '5', amount: '5', cap: { amount: '20', period: 'day' } };
    const members = [
      await addMember(team, { credit: '5', recharge: rule }),
      await addMember(team, { credit: '5', recharge: rule }),
    ];
    await as(team.ownerKey).patch('/team', { reserve: '60' });
    await Promise.all(Array.from({ length: 60 }, (_, i) => spend(members[i % 2]!, 1)));
    for (const member of members) expect(Number((await ruleOf(team, member)).spentInPeriod)).toBeLessThanOrEqual(20);
    expect(Number(await masterOf(team))).toBeGreaterThanOrEqual(60);
  });
});
