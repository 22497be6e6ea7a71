import { describe, expect, it } from 'vitest';
import { listAuditEvents } from '@/server/domain/teams/audit/read';
import { expectProblem, useApi } from '../support/api-client';
import { makeTeam, ownerPool } from '../support/team';

const as = useApi();
const NOTHING_SET = {
  memberLowBalance: null,
  textRetentionDays: null,
  requireReauthentication: false,
  reauthenticateAbove: null,
};

describe('GET /team/settings', () => {
  it('answers an owner; a new team has no setting set', async () => {
    const team = await makeTeam();
    expect((await as(team.ownerKey).get('/team/settings')).body).toEqual(NOTHING_SET);
  });
});

describe('PATCH /team/settings', () => {
  it('changes the given settings, clears with null, and leaves the rest', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const set = {
      memberLowBalance: '5',
      textRetentionDays: 90,
      requireReauthentication: true,
      reauthenticateAbove: 500,
    };
    const printed = { ...set, memberLowBalance: '5.00', reauthenticateAbove: '500.00' };
    expect((await owner.patch('/team/settings', set)).body).toEqual(printed);
    expect((await owner.patch('/team/settings', {})).body).toEqual(printed);
    const cleared = { memberLowBalance: null, textRetentionDays: null };
    expect((await owner.patch('/team/settings', cleared)).body).toEqual({ ...printed, ...cleared });
    expect((await owner.get('/team/settings')).body).toEqual({ ...printed, ...cleared });
  });

  it('refuses invalid days, amounts and booleans, and unknown settings', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const cases: [object, 'invalid_request' | 'invalid_amount', string][] = [
      [{ textRetentionDays: 0 }, 'invalid_request', '/textRetentionDays'],
      [{ textRetentionDays: 3651 }, 'invalid_request', '/textRetentionDays'],
      [{ textRetentionDays: 1.5 }, 'invalid_request', '/textRetentionDays'],
      [{ textRetentionDays: '30' }, 'invalid_request', '/textRetentionDays'],
      [{ memberLowBalance: '-1' }, 'invalid_amount', '/memberLowBalance'],
      [{ reauthenticateAbove: '1.1234567' }, 'invalid_amount', '/reauthenticateAbove'],
      [{ requireReauthentication: null }, 'invalid_request', '/requireReauthentication'],
      [{ lowBalance: '1' }, 'invalid_request', '/lowBalance'],
    ];
    for (const [body, code, pointer] of cases) {
      expect(expectProblem(await owner.patch('/team/settings', body), code).errors[0].pointer).toBe(pointer);
    }
    for (const textRetentionDays of [1, 3650]) {
      expect((await owner.patch('/team/settings', { textRetentionDays })).body).toMatchObject({ textRetentionDays });
    }
  });

  it('writes an audit event with the previous values, also for two changes at once', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    await Promise.all([1, 2, 3].map((days) => owner.patch('/team/settings', { textRetentionDays: days })));
    const { data } = await listAuditEvents(team.operator, { limit: 10 });
    const [third, second, first] = data.filter(({ action }) => action === 'team.settings_changed');
    expect(first).toMatchObject({ before: NOTHING_SET, actor: { type: 'key', name: 'First Owner' }, channel: 'api' });
    expect([second!.before, third!.before]).toEqual([first!.after, second!.after]);
  });

  it('is refused while the team is suspended, which can still read', async () => {
    const team = await makeTeam();
    await ownerPool().query("UPDATE teams SET status = 'suspended' WHERE id = $1", [team.teamId]);
    expectProblem(await as(team.ownerKey).patch('/team/settings', { requireReauthentication: true }), 'team_suspended');
    expect((await as(team.ownerKey).get('/team/settings')).status).toBe(200);
  });
});
