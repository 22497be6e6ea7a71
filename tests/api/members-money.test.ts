import { describe, expect, it } from 'vitest';
import { addMember, makeTeam } from '../support/team';
import { auditOf, balancesOf, expectProblem, useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';

const as = useApi();

describe('POST /members/{id}/credit', () => {
  it('moves money from the master balance and answers the transfer with both balances', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { mem } = await addMember(team, { credit: '1.00' });
    const owner = as(team.ownerKey);
    const me = (await owner.get('/me')).body;
    const { status, body } = await owner.post(`/members/${mem}/credit`, {
      amount: '12.345678',
      note: 'for May',
      noteForMember: 'Top-up',
    });
    expect(status).toBe(201);
    expect(body.balances).toEqual({ master: '86.654322', member: '13.345678' });
    expect(body.transfer).toMatchObject({
      id: expect.stringMatching(/^trf_[0-9a-z]{26}$/),
      kind: 'credit',
      amount: '12.345678',
      currency: 'USD',
      from: 'master',
      to: 'member',
      memberId: mem,
      messageId: null,
      note: 'for May',
      noteForMember: 'Top-up',
      reversalOf: null,
      reversedBy: null,
      actor: { type: 'key', id: me.key.id, name: me.member.name },
      balanceAfter: { master: '86.654322', member: '13.345678' },
    });
    expect((await owner.get(`/transfers/${body.transfer.id}`)).body).toEqual(body.transfer);
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'member.credited', channel: 'api', actorType: 'key' });
  });

  it('spends the master balance to exactly 0, and not a micro more', async () => {
    const team = await makeTeam({ fund: '10.00' });
    const { mem } = await addMember(team);
    const owner = as(team.ownerKey);
    const before = await balancesOf(team);
    const refused = expectProblem(
      await owner.post(`/members/${mem}/credit`, { amount: '10.000001' }),
      'insufficient_funds',
    );
    expect(refused).toMatchObject({ balance: 'master', required: '10.000001', available: '10.00' });
    expect(await balancesOf(team)).toEqual(before);
    const all = await owner.post(`/members/${mem}/credit`, { amount: '10' });
    expect(all.body.balances).toEqual({ master: '0.00', member: '10.00' });
  });

  it('takes a JSON integer and no other number', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const owner = as(team.ownerKey);
    expect((await owner.post(`/members/${mem}/credit`, { amount: 7 })).body.transfer.amount).toBe('7.00');
    expectProblem(await owner.post(`/members/${mem}/credit`, { amount: 7.5 }), 'invalid_amount');
  });

  it('refuses every amount that would need rounding, guessing or capping, and moves nothing', async () => {
    const team = await makeTeam({ fund: '1000.00' });
    const { mem } = await addMember(team, { credit: '2.00' });
    const owner = as(team.ownerKey);
    const before = await balancesOf(team);
    const bad = [
      '0',
      '0.00',
      '-1',
      '+1',
      '1.',
      '.5',
      '01',
      '1e3',
      '1,5',
      ' 1',
      '1 ',
      '',
      'NaN',
      '1.0000001',
      '1000000000.01',
      '10000000000',
      'ALL',
      '１',
      -1,
      0,
      1e300,
      0.1,
    ];
    for (const run of ['credit', 'debit']) {
      for (const amount of bad) {
        const problem = expectProblem(await owner.post(`/members/${mem}/${run}`, { amount }), 'invalid_amount');
        expect(problem.errors, `${run} ${amount}`).toMatchObject([{ pointer: '/amount', code: 'invalid_amount' }]);
      }
      for (const amount of [null, true, [], {}, undefined]) {
        const problem = expectProblem(await owner.post(`/members/${mem}/${run}`, { amount }), 'invalid_request');
        expect(problem.errors, `${run} ${JSON.stringify(amount)}`).toMatchObject([
          { pointer: '/amount', code: 'invalid_request' },
        ]);
      }
    }
    expect(await balancesOf(team)).toEqual(before);
  });

  it('takes the largest amount', async () => {
    const team = await makeTeam({ fund: '1000000000.00' });
    const { mem } = await addMember(team);
    const { body } = await as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '1000000000.00' });
    expect(body.balances).toEqual({ master: '0.00', member: '1000000000.00' });
  });

  it('takes a note of 255 characters of any script and refuses the 256th', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const owner = as(team.ownerKey);
    const note = '🙂'.repeat(255);
    expect((await owner.post(`/members/${mem}/credit`, { amount: '1', note })).body.transfer.note).toBe(note);
    expect(
      expectProblem(await owner.post(`/members/${mem}/credit`, { amount: '1', note: `${note}!` }), 'invalid_request')
        .errors[0].pointer,
    ).toBe('/note');
  });

  it('still works for a deactivated member and for an owner, but not for a deleted member', async () => {
    const team = await makeTeam();
    const [idle, gone, boss] = [await addMember(team), await addMember(team), await addMember(team, { role: 'owner' })];
    const owner = as(team.ownerKey);
    await owner.post(`/members/${idle.mem}/deactivate`);
    await owner.delete(`/members/${gone.mem}`);
    expect((await owner.post(`/members/${idle.mem}/credit`, { amount: '1' })).status).toBe(201);
    expect((await owner.post(`/members/${boss.mem}/credit`, { amount: '1' })).body.balances.member).toBe('1.00');
    expect((await owner.post(`/members/${idle.mem}/debit`, { amount: '1' })).status).toBe(201);
    expectProblem(await owner.post(`/members/${gone.mem}/credit`, { amount: '1' }), 'member_deleted');
    expectProblem(await owner.post(`/members/${gone.mem}/debit`, { amount: '1' }), 'member_deleted');
  });

  it('lets many concurrent credits spend the master balance exactly', async () => {
    const team = await makeTeam({ fund: '10.00' });
    const members = await Promise.all([addMember(team), addMember(team), addMember(team)]);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        as(team.ownerKey).post(`/members/${members[i % 3]!.mem}/credit`, { amount: '0.50' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 402)).toHaveLength(10);
    expect((await as(team.ownerKey).get('/me')).body.balance).toBe('0.00');
  });
});

describe('POST /members/{id}/debit', () => {
  it('moves money back to the master balance, to exactly 0', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { mem } = await addMember(team, { credit: '10.00' });
    const owner = as(team.ownerKey);
    const some = await owner.post(`/members/${mem}/debit`, { amount: '4.5' });
    expect(some.status).toBe(201);
    expect(some.body.balances).toEqual({ master: '94.50', member: '5.50' });
    expect(some.body.transfer).toMatchObject({ kind: 'debit', from: 'member', to: 'master', amount: '4.50' });
    const refused = expectProblem(
      await owner.post(`/members/${mem}/debit`, { amount: '5.500001' }),
      'insufficient_funds',
    );
    expect(refused).toMatchObject({ balance: 'member', required: '5.500001', available: '5.50' });
    expect((await owner.post(`/members/${mem}/debit`, { amount: '5.50' })).body.balances).toEqual({
      master: '100.00',
      member: '0.00',
    });
  });

  it('takes the whole balance with “all”, and says so when there is nothing', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { mem } = await addMember(team, { credit: '0.000001' });
    const owner = as(team.ownerKey);
    const all = await owner.post(`/members/${mem}/debit`, { amount: 'all' });
    expect(all.body.transfer.amount).toBe('0.000001');
    expect(all.body.balances).toEqual({ master: '100.00', member: '0.00' });
    const [before, audit] = [await balancesOf(team), await auditOf(team)];
    const nothing = { transfer: null, balances: { master: '100.00', member: '0.00' } };
    for (const more of [{}, { dryRun: true }, { note: 'x' }]) {
      const empty = await owner.post(`/members/${mem}/debit`, { amount: 'all', ...more });
      expect([empty.status, empty.body]).toEqual([200, nothing]);
    }
    const once = () => owner.post(`/members/${mem}/debit`, { amount: 'all' }, { idempotencyKey: 'empty' });
    expect((await once()).headers.get('idempotent-replayed')).toBeNull();
    await owner.post(`/members/${mem}/credit`, { amount: '1' });
    const again = await once();
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([200, nothing, 'true']);
    await owner.post(`/members/${mem}/debit`, { amount: '1' });
    expect((await auditOf(team)).length - audit.length).toBe(2);
    expect(Object.keys(await balancesOf(team))).toEqual(Object.keys(before));
    const session = await sessionOf(team.ownerKey);
    expect((await callProcedure(session, 'debitMember', { memberId: mem, amount: 'all' })).data).toEqual(nothing);
    expectProblem(await owner.post(`/members/${mem}/debit`, { amount: '0.01' }), 'insufficient_funds');
    expectProblem(await owner.post(`/members/${mem}/credit`, { amount: 'all' }), 'invalid_amount');
  });
});

describe('dryRun', () => {
  it('answers what would happen and does nothing: no money, no audit event, no job', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { mem } = await addMember(team, { credit: '10.00' });
    const owner = as(team.ownerKey);
    const [balances, audit] = [await balancesOf(team), await auditOf(team)];
    const credit = await owner.post(`/members/${mem}/credit`, { amount: '5', dryRun: true });
    expect(credit.status).toBe(200);
    expect(credit.body.balances).toEqual({ master: '85.00', member: '15.00' });
    expect(credit.body.transfer).toMatchObject({ id: null, kind: 'credit', amount: '5.00' });
    const debit = await owner.post(`/members/${mem}/debit`, { amount: 'all', dryRun: true });
    expect(debit.body.balances).toEqual({ master: '100.00', member: '0.00' });
    expectProblem(await owner.post(`/members/${mem}/credit`, { amount: '90.01', dryRun: true }), 'insufficient_funds');
    expect(await balancesOf(team)).toEqual(balances);
    expect(await auditOf(team)).toEqual(audit);
  });

  it('runs the real call when false', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const answer = await as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '5', dryRun: false });
    expect([answer.status, answer.body.transfer.id]).toEqual([201, expect.stringMatching(/^trf_/)]);
  });
});
