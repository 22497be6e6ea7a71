import { describe, expect, it } from 'vitest';
import { addMember, makeTeam, type TestTeam } from '../support/team';
import { auditOf, balancesOf, expectProblem, useApi, type Caller } from '../support/api-client';

const as = useApi();

const firstOf = async (team: TestTeam): Promise<{ owner: Caller; mem: string }> => {
  const owner = as(team.ownerKey);
  return { owner, mem: (await owner.get('/me')).body.member.id };
};

const byNumber = (a: number, b: number): number => a - b;
const setRole = (who: Caller, mem: string, role: string) => who.post(`/members/${mem}/role`, { role });

describe('POST /members/{id}/role', () => {
  it('makes a member an owner and back, moves no money and changes no key', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { owner } = await firstOf(team);
    const { mem, key } = await addMember(team, { credit: '5.00' });
    const before = await balancesOf(team);
    const up = await setRole(owner, mem, 'owner');
    expect([up.status, up.body.role, up.body.balance]).toEqual([200, 'owner', '5.00']);
    expect((await as(key).get('/me')).body.balance).toBe('95.00');
    expect((await as(key).get('/team')).status).toBe(200);
    expect((await setRole(owner, mem, 'member')).body.role).toBe('member');
    expect((await as(key).get('/me')).body.balance).toBe('5.00');
    expectProblem(await as(key).get('/team'), 'owner_required');
    expect(await balancesOf(team)).toEqual(before);
    const changes = (await auditOf(team)).filter(({ action }) => action === 'member.role_changed');
    expect(changes).toHaveLength(2);
  });

  it('changes nothing when repeated', async () => {
    const team = await makeTeam();
    const { owner } = await firstOf(team);
    const { mem } = await addMember(team);
    const before = (await owner.get(`/members/${mem}`)).text;
    expect((await setRole(owner, mem, 'member')).text).toBe(before);
    expect((await auditOf(team)).filter(({ action }) => action === 'member.role_changed')).toEqual([]);
  });

  it('takes only the two roles', async () => {
    const team = await makeTeam();
    const { owner, mem } = await firstOf(team);
    for (const role of ['admin', 'Owner', '', null, 1]) {
      expect(
        expectProblem(await owner.post(`/members/${mem}/role`, { role }), 'invalid_request').errors[0].pointer,
      ).toBe('/role');
    }
    expectProblem(await owner.post(`/members/${mem}/role`, {}), 'invalid_request');
  });

  it('works for a deactivated member, not for a deleted one', async () => {
    const team = await makeTeam();
    const { owner } = await firstOf(team);
    const [idle, gone] = [await addMember(team), await addMember(team)];
    await owner.post(`/members/${idle.mem}/deactivate`);
    await owner.delete(`/members/${gone.mem}`);
    expect((await setRole(owner, idle.mem, 'owner')).body).toMatchObject({ role: 'owner', status: 'inactive' });
    expectProblem(await setRole(owner, gone.mem, 'owner'), 'member_deleted');
  });

  it('answers a member alike for every member but itself', async () => {
    const team = await makeTeam();
    const { mem } = await firstOf(team);
    const [own, other] = [await addMember(team), await addMember(team)];
    for (const membership of [mem, other.mem, own.mem, (await addMember(await makeTeam())).mem]) {
      expectProblem(await setRole(as(own.key), membership, 'owner'), 'owner_required');
    }
    expectProblem(await setRole(as(own.key), 'mem_nonsense', 'owner'), 'not_found');
  });
});

describe('taking the owner role back', () => {
  it('is possible for an owner who stepped down, even the last one', async () => {
    const team = await makeTeam();
    const { owner, mem } = await firstOf(team);
    const down = await setRole(owner, mem, 'member');
    expect([down.status, down.body.role]).toEqual([200, 'member']);
    expectProblem(await owner.get('/team'), 'owner_required');
    const back = await setRole(owner, mem, 'owner');
    expect([back.status, back.body.role]).toEqual([200, 'owner']);
    expect((await owner.get('/team')).status).toBe(200);
  });

  it('is refused while the team has another active owner, and possible again when it has none', async () => {
    const team = await makeTeam();
    const { owner, mem } = await firstOf(team);
    const second = await addMember(team, { role: 'owner' });
    await setRole(owner, mem, 'member');
    expectProblem(await setRole(owner, mem, 'owner'), 'owner_required');
    await setRole(as(second.key), second.mem, 'member');
    expect((await setRole(owner, mem, 'owner')).body.role).toBe('owner');
  });

  it('is refused to an owner demoted by another, and stays possible for that other owner after stepping down', async () => {
    const team = await makeTeam();
    const { owner, mem } = await firstOf(team);
    const second = await addMember(team, { role: 'owner' });
    await setRole(owner, second.mem, 'member');
    await setRole(owner, mem, 'member');
    expectProblem(await setRole(as(second.key), second.mem, 'owner'), 'owner_required');
    expect((await setRole(owner, mem, 'owner')).status).toBe(200);
  });

  it('is no longer possible after another owner changed the member’s status or role', async () => {
    const team = await makeTeam();
    const { owner, mem } = await firstOf(team);
    const second = await addMember(team, { role: 'owner' });
    const other = as(second.key);
    await setRole(owner, mem, 'member');
    await other.post(`/members/${mem}/deactivate`);
    await other.post(`/members/${mem}/activate`);
    await setRole(other, second.mem, 'member');
    expectProblem(await setRole(owner, mem, 'owner'), 'owner_required');
    expect((await setRole(other, second.mem, 'owner')).status).toBe(200);
    await setRole(other, mem, 'owner');
    await setRole(other, mem, 'member');
    await setRole(other, second.mem, 'member');
    expectProblem(await setRole(owner, mem, 'owner'), 'owner_required');
  });

  it('is refused to every other member, and to a deactivated or deleted one', async () => {
    const team = await makeTeam();
    const { owner, mem } = await firstOf(team);
    const second = await addMember(team, { role: 'owner' });
    const plain = await addMember(team);
    await setRole(owner, mem, 'member');
    await as(second.key).post(`/members/${mem}/deactivate`);
    expectProblem(await setRole(owner, mem, 'owner'), 'member_inactive');
    await as(second.key).delete(`/members/${mem}`);
    expectProblem(await setRole(owner, mem, 'owner'), 'invalid_key');
    await setRole(as(second.key), second.mem, 'member');
    expectProblem(await setRole(as(second.key), plain.mem, 'owner'), 'owner_required');
  });

  it('is not needed for sending: members go on without an owner', async () => {
    const team = await makeTeam();
    const { owner, mem } = await firstOf(team);
    const { key } = await addMember(team, { credit: '1.00' });
    await setRole(owner, mem, 'member');
    const sent = await as(key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hi' });
    expect([sent.status, sent.body.cost]).toEqual([202, '0.01']);
  });
});

describe('two owners at once', () => {
  it('demote each other and one of them stays an owner', async () => {
    for (let round = 0; round < 8; round++) {
      const team = await makeTeam();
      const { owner, mem } = await firstOf(team);
      const second = await addMember(team, { role: 'owner' });
      const answers = await Promise.all([setRole(owner, second.mem, 'member'), setRole(as(second.key), mem, 'member')]);
      expect(answers.map(({ status }) => status).toSorted(byNumber)).toEqual([200, 403]);
      const [one, two] = await Promise.all([owner.get('/team'), as(second.key).get('/team')]);
      expect([one.status, two.status].toSorted(byNumber)).toEqual([200, 403]);
    }
  });

  it('can both take the role back after both stepped down, and only one succeeds', async () => {
    for (let round = 0; round < 4; round++) {
      const team = await makeTeam();
      const { owner, mem } = await firstOf(team);
      const second = await addMember(team, { role: 'owner' });
      const other = as(second.key);
      const down = await Promise.all([setRole(owner, mem, 'member'), setRole(other, second.mem, 'member')]);
      expect(down.map(({ status }) => status)).toEqual([200, 200]);
      const back = await Promise.all([setRole(owner, mem, 'owner'), setRole(other, second.mem, 'owner')]);
      expect(back.map(({ status }) => status).toSorted(byNumber)).toEqual([200, 403]);
    }
  });

  it('keep one owner when one deletes or deactivates and the other demotes', async () => {
    for (let round = 0; round < 12; round++) {
      const team = await makeTeam();
      const { owner, mem } = await firstOf(team);
      const second = await addMember(team, { role: 'owner' });
      const away = round % 2 ? owner.delete(`/members/${second.mem}`) : owner.post(`/members/${second.mem}/deactivate`);
      const answers = await Promise.all([away, setRole(as(second.key), mem, 'member')]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const left = await Promise.all([owner.get('/team'), as(second.key).get('/team')]);
      expect(left.filter(({ status }) => status === 200)).toHaveLength(1);
    }
  });
});
