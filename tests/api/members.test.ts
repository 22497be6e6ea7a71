import { describe, expect, it } from 'vitest';
import { addMember, makeTeam, ownerPool } from '../support/team';
import { auditOf, balancesOf, expectProblem, useApi } from '../support/api-client';

const as = useApi();

describe('POST /members', () => {
  it('creates an active member with a readable name, an address that receives no email, and a key that works at once', async () => {
    const team = await makeTeam();
    const made = await as(team.ownerKey).post('/members');
    expect(made.status).toBe(201);
    const { member, secrets } = made.body;
    expect(member).toMatchObject({
      role: 'member',
      status: 'active',
      balance: '0.00',
      currency: 'USD',
      recharge: null,
    });
    expect(member.name).toMatch(/^\w+ \w+ \d\d$/);
    expect(member.email).toMatch(/@members\.invalid$/);
    expect(Object.keys(secrets)).toEqual(['apiKey']);
    expect(member.apiKey).toMatchObject({
      prefix: secrets.apiKey.slice(0, 13),
      last4: secrets.apiKey.slice(-4),
      lastUsedAt: null,
    });
    const me = await as(secrets.apiKey).get('/me');
    expect(me.body.member.id).toBe(member.id);
    expect(
      await as(team.ownerKey)
        .get(`/members/${member.id}`)
        .then(({ body }) => body.id),
    ).toBe(member.id);
  });

  it('keeps the given values: name trimmed and composed, email in lower case, externalId and metadata unchanged', async () => {
    const team = await makeTeam();
    const input = {
      name: '  Zoe\u0308 Ltd ',
      email: 'Zoe@EXAMPLE.test',
      externalId: 'crm:17',
      metadata: { tier: 'gold', '': undefined },
    };
    const { body, status } = await as(team.ownerKey).post('/members', input);
    expect(status).toBe(201);
    expect(body.member).toMatchObject({
      name: 'Zo\u00eb Ltd',
      email: 'zoe@example.test',
      externalId: 'crm:17',
      metadata: { tier: 'gold' },
    });
  });

  it('creates an owner on request', async () => {
    const team = await makeTeam({ fund: '5.00' });
    const made = await as(team.ownerKey).post('/members', { role: 'owner' });
    expect(made.body.member.role).toBe('owner');
    expect((await as(made.body.secrets.apiKey).get('/me')).body.balance).toBe('5.00');
  });

  it('transfers the starting credit', async () => {
    const team = await makeTeam({ fund: '20.00' });
    const made = await as(team.ownerKey).post('/members', { credit: '12.5' });
    expect(made.body.member.balance).toBe('12.50');
    const { body } = await as(team.ownerKey).get(`/transfers?memberId=${made.body.member.id}`);
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({
      kind: 'credit',
      amount: '12.50',
      balanceAfter: { master: '7.50', member: '12.50' },
    });
  });

  it('creates no member when the master balance cannot pay the starting credit', async () => {
    const team = await makeTeam({ fund: '10.00' });
    const before = await balancesOf(team);
    const refused = await as(team.ownerKey).post('/members', { credit: '10.000001', email: 'new@example.test' });
    expect(expectProblem(refused, 'insufficient_funds')).toMatchObject({
      balance: 'master',
      required: '10.000001',
      available: '10.00',
    });
    expect(await balancesOf(team)).toEqual(before);
    expect((await as(team.ownerKey).get('/members')).body.data).toHaveLength(1);
    expect((await auditOf(team)).some(({ action }) => action === 'member.created')).toBe(false);
  });

  it('generates a password that is shown once, and takes a given one', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const generated = await owner.post('/members', { generatePassword: true });
    expect(generated.body.secrets.password).toMatch(/^\w{5}(-\w{5}){3}$/);
    const given = await owner.post('/members', { password: 'a rather long sentence' });
    expect(given.status).toBe(201);
    expect(Object.keys(given.body.secrets)).toEqual(['apiKey']);
    const { rows } = await ownerPool().query<{ password_hash: string }>(
      'SELECT u.password_hash FROM members m JOIN users u ON u.id = m.user_id WHERE m.team_id = $1 AND m.role = $2',
      [team.teamId, 'member'],
    );
    expect(rows).toHaveLength(2);
    for (const row of rows) expect(row.password_hash).toMatch(/^\$argon2id\$/);
  });

  it('refuses a password for a real address, two passwords, and a common one', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const cases: [object, string][] = [
      [{ email: 'a@example.test', password: 'a rather long sentence' }, '/password'],
      [{ email: 'a@example.test', generatePassword: true }, '/generatePassword'],
      [{ password: 'a rather long sentence', generatePassword: true }, '/generatePassword'],
      [{ password: 'password1234' }, '/password'],
      [{ password: 'short' }, '/password'],
    ];
    for (const [body, pointer] of cases) {
      const { errors } = expectProblem(await owner.post('/members', body), 'invalid_request');
      expect([...new Set(errors.map((error: { pointer: string }) => error.pointer))]).toEqual([pointer]);
    }
  });

  it('refuses an address that another member has, in any case, until that member is deleted', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const first = await owner.post('/members', { email: 'ann@example.test' });
    expectProblem(await owner.post('/members', { email: 'ANN@Example.test' }), 'email_taken');
    await owner.delete(`/members/${first.body.member.id}`);
    expect((await owner.post('/members', { email: 'ann@example.test' })).status).toBe(201);
    const other = await makeTeam();
    expect((await as(other.ownerKey).post('/members', { email: 'ann@example.test' })).status).toBe(201);
  });

  it('points at each invalid field', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const body = { name: '', email: 'nobody', role: 'admin', credit: '1.2345678', metadata: { key: 1 }, color: 'red' };
    const { errors } = expectProblem(await owner.post('/members', body), 'invalid_request');
    expect(errors.map((error: { pointer: string }) => error.pointer).toSorted()).toEqual([
      '/color',
      '/credit',
      '/email',
      '/metadata/key',
      '/name',
      '/role',
    ]);
    const byAmount = expectProblem(await owner.post('/members', { credit: '0' }), 'invalid_amount');
    expect(byAmount.errors).toEqual([{ pointer: '/credit', code: 'invalid_amount', detail: expect.any(String) }]);
  });

  it('records the actor in the audit log, without the key', async () => {
    const team = await makeTeam();
    const made = await as(team.ownerKey).post('/members', { name: 'Audited' });
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'member.created', channel: 'api', actorType: 'key' });
    const { rows } = await ownerPool().query<{ text: string }>(
      'SELECT a::text AS text FROM audit_events a WHERE team_id = $1',
      [team.teamId],
    );
    for (const { text } of rows) expect(text).not.toContain(made.body.secrets.apiKey);
  });
});

describe('GET /members', () => {
  it('lists the newest first, page by page, each member once', async () => {
    const team = await makeTeam();
    const made = [];
    for (let i = 0; i < 5; i++) made.push((await addMember(team)).mem);
    const owner = as(team.ownerKey);
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages++) {
      const { body } = await owner.get(`/members?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.data.map((member: { id: string }) => member.id));
      expect(body.data.length).toBeLessThanOrEqual(2);
      cursor = body.nextCursor;
      if (!cursor) break;
    }
    expect(seen.slice(0, 5)).toEqual(made.toReversed());
    expect(new Set(seen).size).toBe(6);
    expect(seen).toHaveLength(6);
  });

  it('leaves out deleted members by default, and filters by status and role', async () => {
    const team = await makeTeam();
    const [active, inactive, deleted] = [await addMember(team), await addMember(team), await addMember(team)];
    const owner = as(team.ownerKey);
    await owner.post(`/members/${inactive.mem}/deactivate`);
    await owner.delete(`/members/${deleted.mem}`);
    const ids = async (query: string) =>
      (await owner.get(`/members?${query}`)).body.data.map((member: { id: string }) => member.id);
    const first = (await owner.get('/me')).body.member.id;
    expect(await ids('')).toEqual([inactive.mem, active.mem, first]);
    expect(await ids('status=deleted')).toEqual([deleted.mem]);
    expect(await ids('status=inactive')).toEqual([inactive.mem]);
    expect(await ids('status=active&role=member')).toEqual([active.mem]);
    expect(await ids('role=owner')).toEqual([first]);
  });

  it('searches name, email and externalId in any case, and takes % and _ literally', async () => {
    const team = await makeTeam();
    const one = await addMember(team, { name: 'Grüße GmbH', email: 'one_1@example.test', externalId: 'CRM-100%' });
    const two = await addMember(team, { name: 'Other', email: 'oneX1@example.test', externalId: 'crm-200' });
    const owner = as(team.ownerKey);
    const ids = async (query: string) =>
      (await owner.get(`/members?query=${encodeURIComponent(query)}`)).body.data.map(
        (member: { id: string }) => member.id,
      );
    expect(await ids('GRÜSSE')).toEqual([]);
    expect(await ids('grüße')).toEqual([one.mem]);
    expect(await ids('one_1')).toEqual([one.mem]);
    expect(await ids('crm-')).toEqual([two.mem, one.mem]);
    expect(await ids('100%')).toEqual([one.mem]);
    expect(await ids('%')).toEqual([one.mem]);
    const exact = await owner.get('/members?externalId=crm-200');
    expect(exact.body.data.map((member: { id: string }) => member.id)).toEqual([two.mem]);
  });

  it('binds its cursor to the filters', async () => {
    const team = await makeTeam();
    await addMember(team);
    await addMember(team);
    const owner = as(team.ownerKey);
    const { nextCursor } = (await owner.get('/members?limit=1')).body;
    expect((await owner.get(`/members?limit=2&cursor=${nextCursor}`)).status).toBe(200);
    for (const query of ['role=member', 'status=active', 'query=a', 'externalId=x']) {
      expectProblem(await owner.get(`/members?${query}&cursor=${nextCursor}`), 'invalid_cursor');
    }
    expectProblem(await owner.get(`/transfers?cursor=${nextCursor}`), 'invalid_cursor');
  });

  it('shows a member only itself, whatever it searches', async () => {
    const team = await makeTeam();
    const [own, other] = [await addMember(team), await addMember(team, { name: 'Findable' })];
    const member = as(own.key);
    const list = await member.get('/members');
    expect(list.body.data.map((membership: { id: string }) => membership.id)).toEqual([own.mem]);
    expect((await member.get('/members?query=Findable')).body.data).toEqual([]);
    expectProblem(await member.get(`/members/${other.mem}`), 'not_found');
  });

  it('never holds a secret', async () => {
    const team = await makeTeam();
    const { key, mem } = await addMember(team);
    const secret = key.slice('pur_live_'.length + 4, -4);
    for (const path of ['/members', `/members/${mem}`, '/me']) {
      const answer = await as(team.ownerKey).get(path);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toMatch(/digest|sealed|password/i);
    }
  });
});

describe('PATCH /members/{id}', () => {
  it('refuses a metadata key that would be lost, and changes nothing', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const raw = '{"name":"Changed","metadata":{"a":"1","__proto__":"2"}}';
    const headers = { 'Content-Type': 'application/json' };
    const answer = await as(team.ownerKey).call('PATCH', `/members/${mem}`, { raw, headers });
    expect(expectProblem(answer, 'invalid_request').errors[0].pointer).toBe('/metadata/__proto__');
    expect((await as(team.ownerKey).get(`/members/${mem}`)).body).toMatchObject({ metadata: {} });
  });

  it('changes the given fields and nothing else', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team, { name: 'Before', externalId: 'x-1' });
    const owner = as(team.ownerKey);
    const named = await owner.patch(`/members/${mem}`, { name: 'After' });
    expect(named.body).toMatchObject({ name: 'After', externalId: 'x-1' });
    const cleared = await owner.patch(`/members/${mem}`, {
      externalId: null,
      metadata: { a: 'b' },
      email: 'New@example.test',
    });
    expect(cleared.body).toMatchObject({
      name: 'After',
      externalId: null,
      metadata: { a: 'b' },
      email: 'new@example.test',
    });
    expect((await owner.patch(`/members/${mem}`, { metadata: {} })).body.metadata).toEqual({});
    expect((await owner.patch(`/members/${mem}`, {})).body).toMatchObject({ name: 'After' });
    expect((await auditOf(team)).filter(({ action }) => action === 'member.updated')).toHaveLength(3);
  });

  it('refuses a taken address, a role, a balance, and a deleted member', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    await addMember(team, { email: 'taken@example.test' });
    const owner = as(team.ownerKey);
    expectProblem(await owner.patch(`/members/${mem}`, { email: 'taken@example.test' }), 'email_taken');
    for (const field of ['role', 'status', 'balance', 'recharge']) {
      const { errors } = expectProblem(await owner.patch(`/members/${mem}`, { [field]: 'x' }), 'invalid_request');
      expect(errors[0].pointer).toBe(`/${field}`);
    }
    await owner.delete(`/members/${mem}`);
    expectProblem(await owner.patch(`/members/${mem}`, { name: 'Ghost' }), 'member_deleted');
  });
});

describe('DELETE /members/{id}', () => {
  it('returns the balance to the master, revokes the key, keeps the member readable, and answers the same when repeated', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { mem, key } = await addMember(team, { credit: '12.5', recharge: { threshold: '5', target: '10' } });
    const owner = as(team.ownerKey);
    const gone = await owner.delete(`/members/${mem}`);
    expect(gone.status).toBe(200);
    expect(gone.body).toMatchObject({ returned: '12.50', transferId: expect.stringMatching(/^trf_/) });
    expect(gone.body.member).toMatchObject({
      id: mem,
      status: 'deleted',
      balance: '0.00',
      apiKey: null,
      deletedAt: expect.any(String),
    });
    expect(gone.body.member.recharge).toMatchObject({ enabled: false, state: 'off' });
    expectProblem(await as(key).get('/me'), 'invalid_key');
    expect((await owner.get('/me')).body.balance).toBe('100.00');
    const closing = (await owner.get(`/transfers/${gone.body.transferId}`)).body;
    expect(closing).toMatchObject({
      kind: 'closing',
      amount: '12.50',
      from: 'member',
      to: 'master',
      balanceAfter: { master: '100.00', member: '0.00' },
    });
    const again = await owner.delete(`/members/${mem}`);
    expect({ status: again.status, text: again.text }).toEqual({ status: 200, text: gone.text });
    expect((await owner.get(`/members/${mem}`)).body.status).toBe('deleted');
    expect((await auditOf(team)).filter(({ action }) => action === 'member.deleted')).toHaveLength(1);
  });

  it('makes no transfer when there is nothing to return', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const gone = await as(team.ownerKey).delete(`/members/${mem}`);
    expect(gone.body).toMatchObject({ returned: '0.00', transferId: null });
    expect((await as(team.ownerKey).delete(`/members/${mem}`)).text).toBe(gone.text);
  });

  it('refuses the last active owner, and deletes one of two', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { id } = (await owner.get('/me')).body.member;
    expectProblem(await owner.delete(`/members/${id}`), 'last_owner');
    const second = await addMember(team, { role: 'owner' });
    await owner.post(`/members/${second.mem}/deactivate`);
    expectProblem(await owner.delete(`/members/${id}`), 'last_owner');
    await owner.post(`/members/${second.mem}/activate`);
    expect((await owner.delete(`/members/${id}`)).status).toBe(200);
    expectProblem(await owner.get('/me'), 'invalid_key');
    expectProblem(await as(second.key).delete(`/members/${second.mem}`), 'last_owner');
  });
});

describe('POST /members/{id}/deactivate and …/activate', () => {
  it('take effect on the very next request, keep the balance, and can be repeated', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team, { credit: '3.00' });
    const owner = as(team.ownerKey);
    expect((await as(key).get('/me')).status).toBe(200);
    const off = await owner.post(`/members/${mem}/deactivate`);
    expect(off.body).toMatchObject({ status: 'inactive', balance: '3.00' });
    expectProblem(await as(key).get('/me'), 'member_inactive');
    expectProblem(await as(key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hi' }), 'member_inactive');
    expect((await owner.post(`/members/${mem}/deactivate`)).body.status).toBe('inactive');
    expect((await owner.post(`/members/${mem}/activate`)).body.status).toBe('active');
    expect((await owner.post(`/members/${mem}/activate`)).body.status).toBe('active');
    expect((await as(key).get('/me')).body.balance).toBe('3.00');
    const actions = (await auditOf(team)).map(({ action }) => action).filter((action) => action.endsWith('activated'));
    expect(actions).toEqual(['member.deactivated', 'member.activated']);
  });

  it('refuse the last active owner and a deleted member', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { id } = (await owner.get('/me')).body.member;
    expectProblem(await owner.post(`/members/${id}/deactivate`), 'last_owner');
    const { mem } = await addMember(team);
    await owner.delete(`/members/${mem}`);
    expectProblem(await owner.post(`/members/${mem}/activate`), 'member_deleted');
    expectProblem(await owner.post(`/members/${mem}/deactivate`), 'member_deleted');
  });

  it('leave one of two owners active who deactivate each other at once', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { id } = (await owner.get('/me')).body.member;
    const second = await addMember(team, { role: 'owner' });
    const answers = await Promise.all([
      owner.post(`/members/${second.mem}/deactivate`),
      as(second.key).post(`/members/${id}/deactivate`),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const alive = await Promise.all([owner.get('/me'), as(second.key).get('/me')]);
    expect(alive.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});
