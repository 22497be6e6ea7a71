import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveApi, type Api } from '../support/api';
import { addMember, makeTeam } from '../support/team';

let api: Api;
beforeAll(async () => {
  api = await serveApi();
});
afterAll(() => api.close());

describe('GET /me', () => {
  it('shows an owner the master balance, and a member its own', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const member = await addMember(team, { credit: '12.5' });
    const owner = await api.call('GET', '/me', { key: team.ownerKey });
    expect(owner.status).toBe(200);
    expect(owner.body.balance).toBe('87.50');
    expect(owner.body.team).toEqual({ id: team.id, name: expect.any(String), currency: 'USD' });
    const own = await api.call('GET', '/me', { key: member.key });
    expect(own.body.balance).toBe('12.50');
    expect(own.body.member.id).toBe(member.mem);
    expect(own.body.key).toEqual({
      id: own.body.member.apiKey.id,
      prefix: member.key.slice(0, 13),
      last4: member.key.slice(-4),
    });
  });
});
