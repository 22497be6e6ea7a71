import { describe, expect, it } from 'vitest';
import { withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { addMember, makeTeam, micros, ownerPool, type TestTeam } from '../support/team';
import { auditOf, balancesOf, expectProblem, useApi, type Caller } from '../support/api-client';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const transferOf = async (owner: Caller, query: string) => (await owner.get(`/transfers?${query}`)).body.data[0];
const actionsOf = async (team: TestTeam) => (await auditOf(team)).map(({ action }) => action);

describe('POST /transfers/{id}/reverse', () => {
  it('reverses a credit: a linked debit, both balances, a link in both directions, an audit event', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team);
    const { transfer } = (await owner.post(`/members/${mem}/credit`, { amount: '25', note: 'Too much' })).body;
    const back = await owner.post(`/transfers/${transfer.id}/reverse`, { note: 'Wrong member' });
    expect(back.status).toBe(201);
    expect(back.body).toMatchObject({
      transfer: {
        kind: 'debit',
        amount: '25.00',
        from: 'member',
        to: 'master',
        memberId: mem,
        reversalOf: transfer.id,
        reversedBy: null,
        note: 'Wrong member',
        balanceAfter: { master: '100.00', member: '0.00' },
      },
      balances: { master: '100.00', member: '0.00' },
    });
    expect((await owner.get(`/transfers/${back.body.transfer.id}`)).body).toEqual(back.body.transfer);
    expect((await owner.get(`/transfers/${transfer.id}`)).body.reversedBy).toBe(back.body.transfer.id);
    expect(await actionsOf(team)).toContain('transfer.reversed');
  });

  it('reverses a debit by a credit, and a recharge by a debit', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team, { credit: '9', recharge: { threshold: '5', target: '20' } });
    const debited = (await owner.post(`/members/${mem}/debit`, { amount: '6' })).body.transfer;
    const credited = await owner.post(`/transfers/${debited.id}/reverse`);
    expect([credited.body.transfer.kind, credited.body.balances.member]).toEqual(['credit', '9.00']);
    await owner.post(`/members/${mem}/debit`, { amount: '6' });
    await owner.put(`/members/${mem}/recharge`, { threshold: '5', target: '20' });
    const recharge = await transferOf(owner, `memberId=${mem}&kind=recharge`);
    const back = await owner.post(`/transfers/${recharge.id}/reverse`);
    expect([back.body.transfer.kind, back.body.transfer.amount, back.body.balances.member]).toEqual([
      'debit',
      '17.00',
      '3.00',
    ]);
    // A reversal fires no rule that is not waiting, and the cap still counts the recharge.
    const { state, spentInPeriod } = (await owner.get(`/members/${mem}/recharge`)).body;
    expect({ state, spentInPeriod }).toEqual({ state: 'ready', spentInPeriod: '17.00' });
  });

  it('refuses a second reversal, a reversal of a reversal and every other kind, and moves nothing', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const { mem, key } = await addMember(team, { credit: '9' });
    const credit = await transferOf(owner, `memberId=${mem}&kind=credit`);
    await as(key).post('/messages', message);
    await owner.post(`/members/${mem}/credit`, { amount: '1' });
    const back = (await owner.post(`/transfers/${credit.id}/reverse`)).body.transfer;
    await withdrawFromTeam(team.operator, { amount: micros('1') });
    await owner.delete(`/members/${mem}`);
    const before = await balancesOf(team);
    expectProblem(await owner.post(`/transfers/${credit.id}/reverse`), 'already_reversed');
    expectProblem(await owner.post(`/transfers/${back.id}/reverse`), 'not_reversible');
    for (const kind of ['charge', 'funding', 'withdrawal', 'closing']) {
      const one = await transferOf(owner, `kind=${kind}`);
      expectProblem(await owner.post(`/transfers/${one.id}/reverse`), 'not_reversible');
    }
    expectProblem(await owner.post('/transfers/trf_nonsense/reverse'), 'not_found');
    expect(await balancesOf(team)).toEqual(before);
  });

  it('is refused whole when the balance that must return the money is short, and names it', async () => {
    const team = await makeTeam({ fund: '10.00' });
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team);
    const { transfer } = (await owner.post(`/members/${mem}/credit`, { amount: '5' })).body;
    await owner.post(`/members/${mem}/debit`, { amount: '2' });
    const short = expectProblem(await owner.post(`/transfers/${transfer.id}/reverse`), 'insufficient_funds');
    expect(short).toMatchObject({ balance: 'member', required: '5.00', available: '3.00' });
    const debit = await transferOf(owner, `memberId=${mem}&kind=debit`);
    await withdrawFromTeam(team.operator, { amount: micros('7') });
    const dry = expectProblem(await owner.post(`/transfers/${debit.id}/reverse`), 'insufficient_funds');
    expect(dry).toMatchObject({ balance: 'master', required: '2.00', available: '0.00' });
  });

  it('answers member_deleted for a deleted member', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team, { credit: '5' });
    const credit = await transferOf(owner, `memberId=${mem}&kind=credit`);
    await owner.delete(`/members/${mem}`);
    expectProblem(await owner.post(`/transfers/${credit.id}/reverse`), 'member_deleted');
  });

  it('moves money once when many are requested at once', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team, { credit: '20' });
    const { transfer } = (await owner.post(`/members/${mem}/credit`, { amount: '5' })).body;
    const answers = await Promise.all(Array.from({ length: 8 }, () => owner.post(`/transfers/${transfer.id}/reverse`)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 'already_reversed');
    expect((await owner.get(`/members/${mem}`)).body.balance).toBe('20.00');
  });
});

describe('POST /members/{id}/restore', () => {
  const deletedAgo = (team: TestTeam, interval: string) =>
    ownerPool().query(
      `UPDATE members SET deleted_at = now() - $2::interval WHERE team_id = $1 AND status = 'deleted'`,
      [team.teamId, interval],
    );

  it('restores a member: active, with the role member, balance 0, its rule off, and no key until one is rotated in', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const membership = await addMember(team, {
      role: 'owner',
      credit: '10',
      email: 'back@example.test',
      externalId: 'crm-7',
      recharge: { threshold: '5', target: '20' },
    });
    await owner.delete(`/members/${membership.mem}`);
    const back = await owner.post(`/members/${membership.mem}/restore`);
    expect(back.status).toBe(200);
    expect(back.body).toMatchObject({
      id: membership.mem,
      email: 'back@example.test',
      externalId: 'crm-7',
      role: 'member',
      status: 'active',
      balance: '0.00',
      apiKey: null,
      deletedAt: null,
      recharge: { enabled: false, state: 'off', threshold: '5.00', target: '20.00' },
    });
    expectProblem(await as(membership.key).get('/me'), 'invalid_key');
    expect((await owner.get('/team')).body.masterBalance).toBe('100.00');
    const { secrets } = (await owner.post(`/members/${membership.mem}/key/rotate`)).body;
    expect((await as(secrets.apiKey).get('/me')).body.member.id).toBe(membership.mem);
    expect(await actionsOf(team)).toContain('member.restored');
  });

  it('leaves a member that can be credited, send, and be deleted and restored again, in one unbroken chain of entries', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team, { credit: '10' });
    for (const _ of [1, 2]) {
      await owner.delete(`/members/${mem}`);
      await owner.post(`/members/${mem}/restore`);
      await owner.post(`/members/${mem}/credit`, { amount: '2' });
      expect((await owner.post('/messages', message, { headers: { Member: mem } })).status).toBe(202);
      expect((await owner.get(`/members/${mem}`)).body.balance).toBe('1.99');
    }
    const gone = await owner.delete(`/members/${mem}`);
    expect(gone.body.returned).toBe('1.99');
    await owner.post(`/members/${mem}/restore`);
    expect((await owner.delete(`/members/${mem}`)).body).toMatchObject({ returned: '0.00', transferId: null });
  });

  it('is refused after 14 days, and not a minute before', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team);
    await owner.delete(`/members/${mem}`);
    await deletedAgo(team, '14 days 1 minute');
    expectProblem(await owner.post(`/members/${mem}/restore`), 'member_deleted');
    await deletedAgo(team, '13 days 23 hours 59 minutes');
    expect((await owner.post(`/members/${mem}/restore`)).status).toBe(200);
  });

  it('is refused when its address was given to another member meanwhile', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team, { email: 'one@example.test' });
    await owner.delete(`/members/${mem}`);
    const other = await addMember(team, { email: 'one@example.test' });
    expectProblem(await owner.post(`/members/${mem}/restore`), 'email_taken');
    await owner.patch(`/members/${other.mem}`, { email: 'two@example.test' });
    expect((await owner.post(`/members/${mem}/restore`)).body.email).toBe('one@example.test');
  });

  it('changes nothing for a member that is not deleted', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team, { credit: '3' });
    await owner.post(`/members/${mem}/deactivate`);
    const before = await balancesOf(team);
    expect((await owner.post(`/members/${mem}/restore`)).body).toMatchObject({ status: 'inactive', balance: '3.00' });
    expect(await balancesOf(team)).toEqual(before);
    expect(await actionsOf(team)).not.toContain('member.restored');
  });
});
