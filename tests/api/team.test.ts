import { describe, expect, it } from 'vitest';
import { sendMessage } from '@/server/domain/messaging/messages/write';
import { addMember, makeTeam, ownerPool } from '../support/team';
import { auditOf, expectProblem, useApi } from '../support/api-client';

const as = useApi();

describe('GET /team', () => {
  it('shows an owner the money, the counts and the burn', async () => {
    const team = await makeTeam({ name: 'Contoso Ltd', fund: '100.00' });
    const [idle] = [await addMember(team), await addMember(team, { credit: '10.00' })];
    const owner = as(team.ownerKey);
    await owner.post(`/members/${idle.mem}/deactivate`);
    expect((await owner.get('/team')).body).toEqual({
      id: team.id,
      name: 'Contoso Ltd',
      slug: expect.stringMatching(/^contoso-ltd/),
      currency: 'USD',
      masterBalance: '90.00',
      reserve: '0.00',
      defaultSender: null,
      lowBalance: null,
      samplePrices: expect.any(Boolean),
      members: { active: 2, inactive: 1 },
      burnPerDay: null,
      runwayDays: null,
      waitingRecharges: 0,
      createdAt: expect.stringMatching(/Z$/),
    });
  });

  it('averages the burn since the first charge over at most 30 days, and shows none before a full day', async () => {
    const burn = async (firstDaysAgo: number, ...costDaysAgo: number[]) => {
      const team = await makeTeam({ fund: '100.00', card: 'country,prefix,price\n,1,3.00\n' });
      const message = { to: '+14155550100', from: 'Acme', body: 'Hi' };
      for (const days of [firstDaysAgo, ...costDaysAgo]) {
        const at = new Date(Date.now() - days * 86_400_000 - 60_000);
        await sendMessage({ ...team.operator, at }, { onBehalfOf: team.ownerId, message });
      }
      const { burnPerDay, runwayDays } = (await as(team.ownerKey).get('/team')).body;
      return [burnPerDay, runwayDays];
    };
    expect(await burn(0)).toEqual([null, null]);
    expect(await burn(0.5, 0.2, 0)).toEqual([null, null]);
    expect(await burn(1)).toEqual(['3.00', 32]);
    expect(await burn(10, 5)).toEqual(['0.60', 156]);
    expect(await burn(90, 10, 1)).toEqual(['0.20', 455]);
    expect(await burn(90)).toEqual(['0.00', null]);
  });

  it('counts the waiting rules', async () => {
    const team = await makeTeam({ fund: '1.00' });
    await addMember(team, { recharge: { threshold: '5', target: '10' } });
    await addMember(team, { recharge: { threshold: '5', target: '10', enabled: false } });
    expect((await as(team.ownerKey).get('/team')).body.waitingRecharges).toBe(1);
  });
});

describe('PATCH /team', () => {
  it('changes the given fields, clears with null, and writes an audit event', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const set = await owner.patch('/team', {
      name: ' New Name ',
      reserve: '5',
      defaultSender: 'Acme',
      lowBalance: '0',
    });
    expect(set.body).toMatchObject({ name: 'New Name', reserve: '5.00', defaultSender: 'Acme', lowBalance: '0.00' });
    const cleared = await owner.patch('/team', { defaultSender: null, lowBalance: null });
    expect(cleared.body).toMatchObject({ name: 'New Name', reserve: '5.00', defaultSender: null, lowBalance: null });
    expect((await owner.get('/team')).body).toEqual(cleared.body);
    expect((await auditOf(team)).filter(({ action }) => action === 'team.updated')).toHaveLength(2);
    expect((await owner.patch('/team', {})).status).toBe(200);
  });

  it('refuses invalid names, senders, currencies and amounts, and unknown fields', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const cases: [object, string, string][] = [
      [{ name: '  ' }, 'invalid_request', '/name'],
      [{ name: null }, 'invalid_request', '/name'],
      [{ reserve: '-1' }, 'invalid_amount', '/reserve'],
      [{ lowBalance: '1.1234567' }, 'invalid_amount', '/lowBalance'],
      [{ defaultSender: 'much too long' }, 'invalid_request', '/defaultSender'],
      [{ currency: 'DEM' }, 'invalid_request', '/currency'],
      [{ slug: 'mine' }, 'invalid_request', '/slug'],
      [{ masterBalance: '1' }, 'invalid_request', '/masterBalance'],
    ];
    for (const [body, code, pointer] of cases) {
      expect(expectProblem(await owner.patch('/team', body), code as 'invalid_request').errors[0].pointer).toBe(
        pointer,
      );
    }
  });

  it('changes the currency until money has moved', async () => {
    const team = await makeTeam({ fund: '0' });
    const owner = as(team.ownerKey);
    expect((await owner.patch('/team', { currency: 'eur' })).body.currency).toBe('EUR');
    expect((await owner.get('/me')).body.team.currency).toBe('EUR');
    const funded = await makeTeam({ fund: '1.00' });
    expectProblem(await as(funded.ownerKey).patch('/team', { currency: 'EUR', name: 'Other' }), 'currency_fixed');
    const same = await as(funded.ownerKey).patch('/team', { currency: 'USD' });
    expect([same.status, same.body.currency]).toEqual([200, 'USD']);
    expect(same.body.name).not.toBe('Other');
  });

  it('formats every currency with 2 to 6 decimals', async () => {
    const team = await makeTeam({ currency: 'JPY', fund: '1250' });
    expect((await as(team.ownerKey).get('/team')).body).toMatchObject({ currency: 'JPY', masterBalance: '1250.00' });
  });

  it('serves the waiting rules when the reserve changes while one waits', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    await owner.patch('/team', { reserve: '95' });
    await addMember(team, { recharge: { threshold: '5', target: '10' } });
    await ownerPool().query('DELETE FROM outbox WHERE team_id = $1', [team.teamId]);
    await owner.patch('/team', { name: 'No reserve here' });
    const jobs = () =>
      ownerPool()
        .query('SELECT task FROM outbox WHERE team_id = $1', [team.teamId])
        .then(({ rows }) => rows);
    expect(await jobs()).toEqual([]);
    await owner.patch('/team', { reserve: '90' });
    expect(await jobs()).toEqual([{ task: 'serve-waiting' }]);
  });

  it('is refused while the team is suspended, which can still read', async () => {
    const team = await makeTeam();
    await ownerPool().query("UPDATE teams SET status = 'suspended' WHERE id = $1", [team.teamId]);
    expectProblem(await as(team.ownerKey).patch('/team', { name: 'Free' }), 'team_suspended');
    expect((await as(team.ownerKey).get('/team')).status).toBe(200);
  });
});
