import { describe, expect, it } from 'vitest';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { serveWaiting } from '@/server/domain/billing/auto-recharge/write';
import { resumeTeam, suspendTeam } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { auditOf, expectProblem, rowsOf, useApi } from '../../support/api-client';
import { callProcedure, sessionOf } from '../../support/procedures';
import { dispatchTo, stubCarrier } from '../../support/carriers';
import { addMember, makeTeam, micros, ownerPool, type TestTeam } from '../../support/team';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const jobsOf = async ({ teamId }: TestTeam): Promise<string[]> =>
  (await ownerPool().query<{ task: string }>('SELECT task FROM outbox WHERE team_id = $1', [teamId])).rows.map(
    ({ task }) => task,
  );

describe('a suspended team', () => {
  it('can read, and can neither send nor change anything, through either channel', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team, { credit: '5' });
    expect(await suspendTeam(team.operator, { reason: 'Unpaid' })).toEqual({ status: 'suspended', changed: true });
    const before = await rowsOf(team);
    for (const refused of [
      await as(key).post('/messages', message),
      await as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '1' }),
      await as(team.ownerKey).put(`/members/${mem}/recharge`, { threshold: '9', target: '10' }),
      await as(team.ownerKey).delete(`/members/${mem}`),
    ]) {
      expectProblem(refused, 'team_suspended');
    }
    const session = await sessionOf(team.ownerKey);
    const tried = await callProcedure(session, 'creditMember', { memberId: mem, amount: '1' });
    expect(tried.problem?.code).toBe('team_suspended');
    expect(await rowsOf(team)).toEqual(before);
    for (const path of ['/me', '/members', '/messages', '/transfers', '/audit-events', '/reports/usage']) {
      expect((await as(team.ownerKey).get(path)).status, path).toBe(200);
    }
    expect((await callProcedure(session, 'getShell')).data).toMatchObject({ team: { status: 'suspended' } });
  });

  it('gets its earlier messages delivered', async () => {
    const team = await makeTeam();
    const sent = (await as(team.ownerKey).post('/messages', message)).body;
    await suspendTeam(team.operator, {});
    expect(await dispatchTo(services(), stubCarrier('sandbox'), team.teamId)).toBe(1);
    expect((await as(team.ownerKey).get(`/messages/${sent.id}`)).body.status).toBe('sent');
  });

  it('has no waiting rule served, until it is resumed', async () => {
    const team = await makeTeam({ fund: '1' });
    const { mem } = await addMember(team, { recharge: { threshold: '5', target: '10' } });
    await suspendTeam(team.operator, {});
    await fundTeam(team.operator, { amount: micros('100') });
    expect(await serveWaiting(team.operator)).toBe(0);
    const rule = () => as(team.ownerKey).get(`/members/${mem}/recharge`);
    expect((await rule()).body).toMatchObject({ state: 'waiting', reason: 'master_short' });
    await ownerPool().query('DELETE FROM outbox WHERE team_id = $1', [team.teamId]);
    expect(await resumeTeam(team.operator)).toEqual({ status: 'active', changed: true });
    expect(await jobsOf(team)).toEqual(['serve-waiting']);
    expect(await serveWaiting(team.operator)).toBe(1);
    expect((await rule()).body.state).toBe('ready');
    expect((await as(team.ownerKey).post('/messages', message)).status).toBe(202);
  });

  it('is suspended and resumed once, each with an audit event by the operator', async () => {
    const team = await makeTeam();
    await suspendTeam(team.operator, { reason: 'Unpaid' });
    expect(await suspendTeam(team.operator, { reason: 'Again' })).toEqual({ status: 'suspended', changed: false });
    await resumeTeam(team.operator);
    expect(await resumeTeam(team.operator)).toEqual({ status: 'active', changed: false });
    const said = (await auditOf(team)).filter(({ action }) => /suspended|resumed/.test(action));
    expect(said).toMatchObject([
      { action: 'team.suspended', actorType: 'operator', channel: 'cli' },
      { action: 'team.resumed', actorType: 'operator', channel: 'cli' },
    ]);
  });

  it('is suspended by the operator only, and a closed one is neither suspended nor resumed', async () => {
    const team = await makeTeam();
    await expect(suspendTeam(team.owner, {})).rejects.toMatchObject({ code: 'owner_required' });
    await expect(resumeTeam(team.owner)).rejects.toMatchObject({ code: 'owner_required' });
    await ownerPool().query("UPDATE teams SET status = 'closed' WHERE id = $1", [team.teamId]);
    expect(await suspendTeam(team.operator, {})).toEqual({ status: 'closed', changed: false });
    expect(await resumeTeam(team.operator)).toEqual({ status: 'closed', changed: false });
  });
});
