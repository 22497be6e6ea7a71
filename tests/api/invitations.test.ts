import { describe, expect, it } from 'vitest';
import { auditOf, expectProblem, rowsOf, useApi } from '../support/api-client';
import { addMember, makeTeam, ownerPool, someAddress, type TestTeam } from '../support/team';

const as = useApi();

const DAY = 24 * 3_600_000;
const rule = { threshold: '5.00', target: '50.00', cap: { amount: '200.00', period: 'month' } };

/** Lets the seven days of an invitation pass. */
const runOut = ({ teamId }: TestTeam) =>
  ownerPool().query("UPDATE invitations SET expires_at = now() - interval '1 second' WHERE team_id = $1", [teamId]);

describe('POST /invitations', () => {
  it('invites an address: pending, for seven days, with a link, without moving money', async () => {
    const team = await makeTeam();
    const before = await rowsOf(team);
    const body = { email: 'Jo@Example.TEST', name: 'Jo', role: 'owner', credit: '25', recharge: rule };
    const made = await as(team.ownerKey).post('/invitations', body);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^inv_/),
      email: 'jo@example.test',
      name: 'Jo',
      role: 'owner',
      memberId: null,
      status: 'pending',
      revokedReason: null,
      delivery: 'none',
      credit: '25.00',
      recharge: { enabled: true, ...rule },
      url: expect.stringMatching(/^http:\/\/localhost:\d+\/invite\/inv_\S+$/),
      expiresAt: expect.any(String),
      createdAt: expect.any(String),
      acceptedAt: null,
    });
    expect(Date.parse(made.body.expiresAt) - Date.parse(made.body.createdAt)).toBe(7 * DAY);
    expect((await as(team.ownerKey).get(`/invitations/${made.body.id}`)).body).toEqual(made.body);
    const { audit_events: written, invitations: _, invitation_lookup: __, ...rest } = await rowsOf(team);
    expect(rest).toMatchObject(Object.fromEntries(Object.entries(rest).map(([name]) => [name, before[name]])));
    expect(written).not.toEqual(before['audit_events']);
    expect((await auditOf(team)).at(-1)).toMatchObject({
      action: 'invitation.created',
      channel: 'api',
      after: { email: 'jo@example.test', credit: '25.00', recharge: true, role: 'owner' },
    });
  });

  it('invites as a member by default', async () => {
    const team = await makeTeam();
    const { body } = await as(team.ownerKey).post('/invitations', { email: someAddress() });
    expect(body).toMatchObject({ name: null, role: 'member', credit: null, recharge: null, memberId: null });
  });

  it.each([
    ['no address', {}, '/email'],
    ['what is no address', { email: 'nobody' }, '/email'],
    ['a generated address', { email: 'amber.1@members.invalid' }, '/email'],
    ['a line break in an address', { email: 'a@example.test\nBcc: b@example.test' }, '/email'],
    ['a line break in a name', { email: 'a@example.test', name: 'A\r\nBcc: b@example.test' }, '/name'],
    ['an unknown role', { email: 'a@example.test', role: 'admin' }, '/role'],
    [
      'a rule that could never fire',
      { email: 'a@example.test', recharge: { threshold: '5', target: '5' } },
      '/recharge/target',
    ],
    ['a field of another', { email: 'a@example.test', password: 'correct horse battery' }, '/password'],
  ])('refuses %s', async (_, body, pointer) => {
    const team = await makeTeam();
    const problem = expectProblem(await as(team.ownerKey).post('/invitations', body), 'invalid_request');
    expect(problem.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    expect((await as(team.ownerKey).get('/invitations')).body.data).toEqual([]);
  });

  it('refuses an invalid starting credit as an amount', async () => {
    const team = await makeTeam();
    for (const credit of ['-1', '0', '1.1234567', 'all']) {
      expectProblem(await as(team.ownerKey).post('/invitations', { email: someAddress(), credit }), 'invalid_amount');
    }
  });

  it('has one open invitation per address, however the address is written', async () => {
    const team = await makeTeam();
    await as(team.ownerKey).post('/invitations', { email: 'zoë@example.test' });
    for (const email of ['ZOË@EXAMPLE.TEST', ' zoe\u0308@example.test ', 'ｚoë@example.test']) {
      const answer = await as(team.ownerKey).post('/invitations', { email });
      // An invalid address is refused as such and never becomes a second invitation.
      expect([400, 409], answer.text).toContain(answer.status);
    }
    expect((await as(team.ownerKey).get('/invitations')).body.data.length).toBeLessThanOrEqual(1);
    const other = await as(team.ownerKey).post('/invitations', { email: 'jo@example.test' });
    expect(other.status).toBe(201);
    expectProblem(await as(team.ownerKey).post('/invitations', { email: 'JO@example.test' }), 'invitation_pending');
    expectProblem(await as(team.ownerKey).post('/invitations', { email: 'ｊo@example.test' }), 'invitation_pending');
  });

  it('creates one when many are requested at once', async () => {
    const team = await makeTeam();
    const body = { email: someAddress() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => as(team.ownerKey).post('/invitations', body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expectProblem(answer, 'invitation_pending');
  });

  it('ignores invitations that are no longer open', async () => {
    const team = await makeTeam();
    const email = someAddress();
    const first = await as(team.ownerKey).post('/invitations', { email });
    await as(team.ownerKey).delete(`/invitations/${first.body.id}`);
    const second = await as(team.ownerKey).post('/invitations', { email });
    expect(second.status).toBe(201);
    await runOut(team);
    expect((await as(team.ownerKey).post('/invitations', { email })).status).toBe(201);
    const { data } = (await as(team.ownerKey).get('/invitations')).body;
    expect(data.map(({ status }: { status: string }) => status)).toEqual(['pending', 'expired', 'revoked']);
  });

  it('refuses an address that the team has already, as a member’s or as a user’s', async () => {
    const team = await makeTeam();
    const email = someAddress();
    const membership = await addMember(team, { email });
    expectProblem(await as(team.ownerKey).post('/invitations', { email }), 'already_member');
    const owner = (await as(team.ownerKey).get('/me')).body.member.email;
    expectProblem(await as(team.ownerKey).post('/invitations', { email: owner }), 'already_member');
    await as(team.ownerKey).delete(`/members/${membership.mem}`);
    expect((await as(team.ownerKey).post('/invitations', { email })).status).toBe(201);
  });

  it('names a member to be claimed: one without a user, of this team, once', async () => {
    const team = await makeTeam();
    const membership = await addMember(team);
    const claim = (memberId: string, more = {}) =>
      as(team.ownerKey).post('/invitations', { email: someAddress(), memberId, ...more });
    const made = await claim(membership.mem, { credit: '5', role: 'member' });
    expect(made.body).toMatchObject({ memberId: membership.mem, role: 'member', credit: '5.00' });
    expectProblem(await claim(membership.mem), 'invitation_pending');
    expectProblem(await claim(team.ownerId && (await as(team.ownerKey).get('/me')).body.member.id), 'already_member');
    const gone = await addMember(team);
    await as(team.ownerKey).delete(`/members/${gone.mem}`);
    expectProblem(await claim(gone.mem), 'member_deleted');
    const fresh = await addMember(team);
    expectProblem(await claim(fresh.mem, { role: 'owner' }), 'invalid_request');
    expectProblem(await claim(fresh.mem, { recharge: rule }), 'invalid_request');
  });
});

describe('GET /invitations', () => {
  it('lists them newest first, by state, page by page', async () => {
    const team = await makeTeam();
    const made: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      made.unshift((await as(team.ownerKey).post('/invitations', { email: someAddress() })).body.id);
    }
    await as(team.ownerKey).delete(`/invitations/${made[0]}`);
    const idsOf = async (query: string) => {
      const { data, nextCursor } = (await as(team.ownerKey).get(`/invitations${query}`)).body;
      return { ids: data.map(({ id }: { id: string }) => id), nextCursor };
    };
    expect((await idsOf('')).ids).toEqual(made);
    expect((await idsOf('?status=pending')).ids).toEqual(made.slice(1));
    expect((await idsOf('?status=revoked')).ids).toEqual(made.slice(0, 1));
    const page = await idsOf('?limit=2');
    expect((await idsOf(`?limit=2&cursor=${page.nextCursor}`)).ids).toEqual(made.slice(2));
    await runOut(team);
    expect((await idsOf('?status=expired')).ids).toEqual(made.slice(1));
    expect((await idsOf('?status=pending')).ids).toEqual([]);
    expectProblem(await as(team.ownerKey).get('/invitations?status=new'), 'invalid_request');
  });
});

describe('POST /invitations/{id}/resend', () => {
  it('keeps the invitation and renews its days and its link, even after it expired', async () => {
    const team = await makeTeam();
    const { body: first } = await as(team.ownerKey).post('/invitations', { email: someAddress(), credit: '3' });
    await runOut(team);
    expect((await as(team.ownerKey).get(`/invitations/${first.id}`)).body).toMatchObject({
      status: 'expired',
      url: null,
    });
    const again = await as(team.ownerKey).post(`/invitations/${first.id}/resend`);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ ...first, url: expect.any(String), expiresAt: expect.any(String) });
    expect(again.body.url).not.toBe(first.url);
    expect(Date.parse(again.body.expiresAt)).toBeGreaterThan(Date.now() + 6.9 * DAY);
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'invitation.resent', after: { email: first.email } });
  });

  it('refuses a closed invitation, an address with another open invitation, and an address that has joined', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const email = someAddress();
    const { id } = (await owner.post('/invitations', { email })).body;
    await runOut(team);
    const { id: second } = (await owner.post('/invitations', { email })).body;
    expectProblem(await owner.post(`/invitations/${id}/resend`), 'invitation_pending');
    // The other invitation does not block once it has expired too.
    await runOut(team);
    expect((await owner.post(`/invitations/${id}/resend`)).body).toMatchObject({ id, status: 'pending' });
    await runOut(team);
    expect((await owner.post(`/invitations/${second}/resend`)).body).toMatchObject({ id: second, status: 'pending' });
    await owner.delete(`/invitations/${second}`);
    expectProblem(await owner.post(`/invitations/${second}/resend`), 'invitation_closed');
    await addMember(team, { email });
    expectProblem(await owner.post(`/invitations/${id}/resend`), 'already_member');
  });
});

describe('DELETE /invitations/{id}', () => {
  it('revokes it for good, keeps it in the list, and answers the same when repeated', async () => {
    const team = await makeTeam();
    const { id } = (await as(team.ownerKey).post('/invitations', { email: someAddress() })).body;
    const gone = await as(team.ownerKey).delete(`/invitations/${id}`);
    expect([gone.status, gone.body.status, gone.body.url]).toEqual([200, 'revoked', null]);
    const written = await auditOf(team);
    expect((await as(team.ownerKey).delete(`/invitations/${id}`)).body).toEqual(gone.body);
    expect(await auditOf(team)).toEqual(written);
    expect((await as(team.ownerKey).get('/invitations')).body.data).toEqual([gone.body]);
  });
});

describe('a suspended team', () => {
  it('reads its invitations and changes none', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { id } = (await owner.post('/invitations', { email: someAddress() })).body;
    await ownerPool().query(`UPDATE teams SET status = 'suspended' WHERE id = $1`, [team.teamId]);
    expect((await owner.get('/invitations')).body.data).toHaveLength(1);
    expectProblem(await owner.post('/invitations', { email: someAddress() }), 'team_suspended');
    expectProblem(await owner.post(`/invitations/${id}/resend`), 'team_suspended');
    expectProblem(await owner.delete(`/invitations/${id}`), 'team_suspended');
  });
});
