import { describe, expect, it } from 'vitest';
import { withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { addMember, makeTeam, micros, type TestTeam } from '../support/team';
import { expectProblem, useApi } from '../support/api-client';

const as = useApi();
type Transfer = { id: string; kind: string; createdAt: string; memberId: string | null };

const list = async (team: TestTeam, query = ''): Promise<Transfer[]> =>
  (await as(team.ownerKey).get(`/transfers${query && `?${query}`}`)).body.data;
const kinds = (transfers: Transfer[]) => transfers.map(({ kind }) => kind);

describe('GET /transfers', () => {
  it('lists every transfer of the team, newest first, with its two sides', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const member = await addMember(team, { credit: '10.00' });
    await as(member.key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hi' });
    await owner.post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hi' });
    await owner.post(`/members/${member.mem}/debit`, { amount: '1' });
    await withdrawFromTeam(team.operator, { amount: micros('5') });
    await owner.delete(`/members/${member.mem}`);
    const seen = (await owner.get('/transfers')).body.data;
    expect(
      seen.map((t: { kind: string; from: string; to: string; balanceAfter: object }) => [
        t.kind,
        t.from,
        t.to,
        t.balanceAfter,
      ]),
    ).toEqual([
      ['closing', 'member', 'master', { member: '0.00', master: '94.98' }],
      ['withdrawal', 'master', 'funding', { master: '85.99' }],
      ['debit', 'member', 'master', { member: '8.99', master: '90.99' }],
      ['charge', 'master', 'usage', { master: '89.99' }],
      ['charge', 'member', 'usage', { member: '9.99' }],
      ['credit', 'master', 'member', { master: '90.00', member: '10.00' }],
      ['funding', 'funding', 'master', { master: '100.00' }],
    ]);
    for (const transfer of seen) expect((await owner.get(`/transfers/${transfer.id}`)).body).toEqual(transfer);
  });

  it('filters by member, kind and time: from is inclusive, to is exclusive', async () => {
    const team = await makeTeam();
    const [one, two] = [await addMember(team, { credit: '1' }), await addMember(team, { credit: '2' })];
    expect(kinds(await list(team, `memberId=${one.mem}`))).toEqual(['credit']);
    expect((await list(team, `memberId=${two.mem}`))[0]!.memberId).toBe(two.mem);
    expect(kinds(await list(team, 'kind=funding'))).toEqual(['funding']);
    expect(await list(team, 'kind=dispute')).toEqual([]);
    const [newest, middle, oldest] = await list(team);
    expect((await list(team, `from=${middle!.createdAt}`)).map(({ id }) => id)).toEqual([newest!.id, middle!.id]);
    expect((await list(team, `to=${middle!.createdAt}`)).map(({ id }) => id)).toEqual([oldest!.id]);
    expect(await list(team, 'to=2020-01-01')).toEqual([]);
    for (const bad of ['kind=gift', 'from=soon', 'to=', 'memberId=a&memberId=b', 'status=paid']) {
      expectProblem(await as(team.ownerKey).get(`/transfers?${bad}`), 'invalid_request');
    }
  });

  it('pages through each once, with a cursor bound to its filters and its reader', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '1' });
    for (let i = 0; i < 4; i++) await as(team.ownerKey).post(`/members/${member.mem}/credit`, { amount: '1' });
    const all = await list(team, 'limit=100');
    const first = (await as(team.ownerKey).get('/transfers?limit=4')).body;
    const second = (await as(team.ownerKey).get(`/transfers?limit=4&cursor=${first.nextCursor}`)).body;
    expect([...first.data, ...second.data]).toEqual(all);
    expect(second.nextCursor).toBe(null);
    for (const query of ['kind=credit', `memberId=${member.mem}`, 'from=2020-01-01', 'to=2099-01-01']) {
      expectProblem(await as(team.ownerKey).get(`/transfers?${query}&cursor=${first.nextCursor}`), 'invalid_cursor');
    }
    expectProblem(await as(member.key).get(`/transfers?cursor=${first.nextCursor}`), 'invalid_cursor');
    const other = await makeTeam();
    expectProblem(await as(other.ownerKey).get(`/transfers?cursor=${first.nextCursor}`), 'invalid_cursor');
  });
});

describe('a transfer shown to a member', () => {
  it('has the member’s balance and note only, and the team’s name in place of an owner', async () => {
    const team = await makeTeam({ name: 'Northwind', fund: '100.00' });
    const member = await addMember(team, { credit: '5' });
    const owner = as(team.ownerKey);
    const { transfer } = (
      await owner.post(`/members/${member.mem}/credit`, { amount: '2', note: 'margin 12%', noteForMember: 'Thanks' })
    ).body;
    const seen = (await as(member.key).get(`/transfers/${transfer.id}`)).body;
    expect(seen).toMatchObject({
      note: 'Thanks',
      noteForMember: 'Thanks',
      actor: { type: 'key', id: null, name: 'Northwind' },
      balanceAfter: { member: '7.00' },
    });
    expect(JSON.stringify(seen)).not.toMatch(/margin|93\.00|First Owner/);
    const plain = (await owner.post(`/members/${member.mem}/debit`, { amount: '1', note: 'clawback' })).body.transfer;
    expect((await as(member.key).get(`/transfers/${plain.id}`)).body).toMatchObject({
      note: null,
      noteForMember: null,
      balanceAfter: { member: '6.00' },
    });
  });

  it('names the member for its own charge, and the rule for a recharge', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '6' } });
    await as(member.key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hi' });
    const me = (await as(member.key).get('/me')).body;
    const [charge, recharge] = (await as(member.key).get('/transfers')).body.data;
    expect(charge.actor).toEqual({ type: 'key', id: me.key.id, name: me.member.name });
    expect(recharge.actor).toEqual({ type: 'rule', id: member.mem, name: 'Auto-recharge' });
    expect(recharge.balanceAfter).toEqual({ member: '6.01' });
  });

  it('touched the member’s own account; others are not found', async () => {
    const team = await makeTeam();
    const [one, two] = [await addMember(team, { credit: '1' }), await addMember(team, { credit: '2' })];
    const owner = as(team.ownerKey);
    await owner.post(`/members/${one.mem}/role`, { role: 'owner' });
    await as(one.key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hi' });
    await owner.post(`/members/${one.mem}/role`, { role: 'member' });
    const own = (await as(one.key).get('/transfers')).body.data;
    expect(kinds(own)).toEqual(['credit']);
    const [charge] = await list(team, `memberId=${one.mem}&kind=charge`);
    expect(charge).toMatchObject({ from: 'master', memberId: one.mem });
    expectProblem(await as(one.key).get(`/transfers/${charge!.id}`), 'not_found');
    const [theirs] = await list(team, `memberId=${two.mem}`);
    expectProblem(await as(one.key).get(`/transfers/${theirs!.id}`), 'not_found');
    expect((await as(one.key).get(`/transfers?memberId=${two.mem}`)).body.data).toEqual([]);
    expect((await as(one.key).get('/transfers?kind=funding')).body.data).toEqual([]);
  });
});
