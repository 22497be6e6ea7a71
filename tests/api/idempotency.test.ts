import { describe, expect, it } from 'vitest';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { OPERATIONS } from '@/server/operations/all';
import type { Answer } from '../support/call-api';
import { addMember, giveSignIn, makeTeam, ownerPool, someAddress, type TestTeam } from '../support/team';
import { auditOf, balancesOf, expectProblem, useApi, whileMasterIsHeld, type Caller } from '../support/api-client';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const keysKept = async (team: TestTeam): Promise<number> =>
  (await ownerPool().query('SELECT 1 FROM idempotency_keys WHERE team_id = $1', [team.teamId])).rowCount ?? 0;

function expectReplayOf(answer: Answer, first: Answer): void {
  expect([answer.status, answer.text, answer.headers.get('idempotent-replayed')]).toEqual([
    first.status,
    first.text,
    'true',
  ]);
  expect(answer.headers.get('content-type')).toBe(first.headers.get('content-type'));
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
}

/** Maps every POST to a call that succeeds, after creating what the call needs. */
const EVERY_POST: Record<string, (team: TestTeam) => Promise<{ path: string; body?: object }>> = {
  '/members': () => Promise.resolve({ path: '/members', body: { credit: '1' } }),
  '/members/{memberId}/activate': async (team) => ({ path: `/members/${(await addMember(team)).mem}/activate` }),
  '/members/{memberId}/deactivate': async (team) => ({ path: `/members/${(await addMember(team)).mem}/deactivate` }),
  '/members/{memberId}/credit': async (team) => ({
    path: `/members/${(await addMember(team)).mem}/credit`,
    body: { amount: '2.5' },
  }),
  '/members/{memberId}/debit': async (team) => ({
    path: `/members/${(await addMember(team, { credit: '9' })).mem}/debit`,
    body: { amount: '2.5' },
  }),
  '/members/{memberId}/key/rotate': async (team) => ({ path: `/members/${(await addMember(team)).mem}/key/rotate` }),
  '/members/{memberId}/password/reset': async (team) => {
    const { id, mem } = await addMember(team);
    await giveSignIn(id);
    return { path: `/members/${mem}/password/reset` };
  },
  '/members/{memberId}/key/reveal': async (team) => ({ path: `/members/${(await addMember(team)).mem}/key/reveal` }),
  '/members/{memberId}/role': async (team) => ({
    path: `/members/${(await addMember(team)).mem}/role`,
    body: { role: 'owner' },
  }),
  '/messages': () => Promise.resolve({ path: '/messages', body: message }),
  '/members/{memberId}/restore': async (team) => {
    const { mem } = await addMember(team);
    await as(team.ownerKey).delete(`/members/${mem}`);
    return { path: `/members/${mem}/restore` };
  },
  '/transfers/{transferId}/reverse': async (team) => {
    const { mem } = await addMember(team);
    const { transfer } = (await as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '1' })).body;
    return { path: `/transfers/${transfer.id}/reverse`, body: { note: 'A mistake' } };
  },
  '/messages/batch': () => Promise.resolve({ path: '/messages/batch', body: { messages: [message, message] } }),
  '/rates/confirm': () => Promise.resolve({ path: '/rates/confirm' }),
  '/invitations': () => Promise.resolve({ path: '/invitations', body: { email: someAddress() } }),
  '/invitations/{invitationId}/resend': async (team) => {
    const { id } = (await as(team.ownerKey).post('/invitations', { email: someAddress() })).body;
    return { path: `/invitations/${id}/resend` };
  },
  '/messages/estimate': () => Promise.resolve({ path: '/messages/estimate', body: message }),
};

describe('every POST', () => {
  it('has a row in the table above', () => {
    const posts = OPERATIONS.filter(({ method }) => method === 'POST').map(({ path }) => path);
    expect(Object.keys(EVERY_POST).toSorted()).toEqual(posts.toSorted());
  });

  for (const [name, make] of Object.entries(EVERY_POST)) {
    it(`${name} takes effect once per key: in sequence, and many at once`, async () => {
      const team = await makeTeam();
      const owner = as(team.ownerKey);
      const { path, body } = await make(team);
      const first = await owner.post(path, body, { idempotencyKey: 'one' });
      expect([first.status < 300, first.headers.get('idempotent-replayed')], first.text).toEqual([true, null]);
      const [balances, audit] = [await balancesOf(team), await auditOf(team)];
      expectReplayOf(await owner.post(path, body, { idempotencyKey: 'one' }), first);
      const again = await Promise.all(
        Array.from({ length: 10 }, () => owner.post(path, body, { idempotencyKey: 'one' })),
      );
      for (const answer of again) {
        if (answer.status === 409) expectProblem(answer, 'idempotency_in_flight');
        else expectReplayOf(answer, first);
      }
      expect(await balancesOf(team)).toEqual(balances);
      expect(await auditOf(team)).toEqual(audit);
      expect(await keysKept(team)).toBe(1);
      expectProblem(
        await owner.post(path, { ...body, note: 'other' }, { idempotencyKey: 'one' }),
        'idempotency_mismatch',
      );
    });
  }
});

describe('one key', () => {
  it('moves money once when 50 calls come at once, and answers the others “in flight” or with the first answer', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { mem } = await addMember(team);
    const call = () =>
      as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '1.00' }, { idempotencyKey: 'storm' });
    const answers = await Promise.all(Array.from({ length: 50 }, call));
    const made = answers.filter(({ status, headers }) => status === 201 && !headers.has('idempotent-replayed'));
    expect(made).toHaveLength(1);
    for (const answer of answers) {
      if (answer === made[0]) continue;
      if (answer.status === 201) expectReplayOf(answer, made[0]!);
      else {
        expectProblem(answer, 'idempotency_in_flight');
        expect(answer.headers.get('retry-after')).toBe('1');
      }
    }
    expect((await as(team.ownerKey).get('/me')).body.balance).toBe('99.00');
    expectReplayOf(await call(), made[0]!);
  });

  it('answers “in flight” while the first call is running, without waiting for it', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const call = () => as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '1' }, { idempotencyKey: 'slow' });
    const calls = await whileMasterIsHeld(team, async () => {
      const both = [call(), call()];
      expectProblem(await Promise.race(both), 'idempotency_in_flight');
      return both;
    });
    const made = (await Promise.all(calls)).find(({ status }) => status === 201);
    expectReplayOf(await call(), made!);
  });

  it('is for one request: another body, path, query or Member header is a mismatch', async () => {
    const team = await makeTeam();
    const [one, two] = [await addMember(team, { credit: '5' }), await addMember(team, { credit: '5' })];
    const owner = as(team.ownerKey);
    const first = await owner.post('/messages', message, { idempotencyKey: 'k', headers: { Member: one.mem } });
    expect(first.status).toBe(202);
    const before = await balancesOf(team);
    const others = [
      () => owner.post('/messages', message, { idempotencyKey: 'k' }),
      () => owner.post('/messages', message, { idempotencyKey: 'k', headers: { Member: two.mem } }),
      () =>
        owner.post('/messages', { ...message, body: 'Other' }, { idempotencyKey: 'k', headers: { Member: one.mem } }),
      () =>
        owner.post('/messages', undefined, {
          raw: `${JSON.stringify(message)} `,
          headers: { 'Content-Type': 'application/json', Member: one.mem },
          idempotencyKey: 'k',
        }),
      () => owner.post('/messages?x=1', message, { idempotencyKey: 'k', headers: { Member: one.mem } }),
      () => owner.post('/messages/estimate', message, { idempotencyKey: 'k', headers: { Member: one.mem } }),
      () => owner.post('/messages', { nonsense: true }, { idempotencyKey: 'k', headers: { Member: one.mem } }),
    ];
    for (const other of others) expectProblem(await other(), 'idempotency_mismatch');
    expect(await balancesOf(team)).toEqual(before);
    expectReplayOf(
      await owner.post('/messages', message, { idempotencyKey: 'k', headers: { Member: one.mem } }),
      first,
    );
  });

  it('belongs to the acting member: the same key of another member is another key', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    const member = await addMember(team, { credit: '5' });
    const callers: Caller[] = [as(team.ownerKey), as(member.key), as(other.ownerKey)];
    const ids = await Promise.all(
      callers.map(async (caller) => (await caller.post('/messages', message, { idempotencyKey: 'same' })).body.id),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it('belongs to the member, whichever of its API keys is used', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '5' });
    const first = await as(member.key).post('/messages', message, { idempotencyKey: 'k' });
    const { body } = await as(team.ownerKey).post(`/members/${member.mem}/key/rotate`);
    expectReplayOf(await as(body.secrets.apiKey).post('/messages', message, { idempotencyKey: 'k' }), first);
    expectProblem(await as(member.key).post('/messages', message, { idempotencyKey: 'k' }), 'invalid_key');
  });

  it('has 1 to 255 printable ASCII characters', async () => {
    const team = await makeTeam();
    for (const idempotencyKey of ['a', ' ~!', 'k'.repeat(255)]) {
      expect((await as(team.ownerKey).post('/messages', message, { idempotencyKey })).status).toBe(202);
    }
    for (const idempotencyKey of ['', 'k'.repeat(256), 'a\tb', 'caf\u00e9']) {
      const problem = expectProblem(
        await as(team.ownerKey).post('/messages', message, { idempotencyKey }),
        'invalid_request',
      );
      expect(problem.errors[0].pointer).toBe('Idempotency-Key');
    }
  });

  it('is ignored on other methods', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const names = ['One', 'Two'].map((name) =>
      as(team.ownerKey).patch(`/members/${mem}`, { name }, { idempotencyKey: 'k' }),
    );
    for (const answer of await Promise.all(names)) expect(answer.status).toBe(200);
    expect(await keysKept(team)).toBe(0);
  });
});

describe('the stored answer', () => {
  it('is a success only: after a refusal the same key works once there is money', async () => {
    const team = await makeTeam({ fund: '1.00' });
    const { mem } = await addMember(team);
    const owner = as(team.ownerKey);
    const call = () => owner.post(`/members/${mem}/debit`, { amount: '5' }, { idempotencyKey: 'later' });
    expectProblem(await call(), 'insufficient_funds');
    expectProblem(
      await owner.post('/messages', { ...message, to: '12' }, { idempotencyKey: 'bad' }),
      'unroutable_number',
    );
    expectProblem(await owner.post('/messages', {}, { idempotencyKey: 'bad' }), 'invalid_request');
    expect(await keysKept(team)).toBe(0);
    await fundTeam(team.operator, { amount: 10_000_000n });
    await owner.post(`/members/${mem}/credit`, { amount: '5' });
    expect((await call()).status).toBe(201);
    expect((await owner.post('/messages', message, { idempotencyKey: 'bad' })).status).toBe(202);
  });

  it('is not stored for a refused send, whose waiting rule is kept all the same', async () => {
    const team = await makeTeam({ fund: '5.00', card: 'country,prefix,price\n,1,1.00\n' });
    const member = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '6' } });
    const body = { ...message, body: 'a'.repeat(153 * 8) };
    expectProblem(await as(member.key).post('/messages', body, { idempotencyKey: 'k' }), 'insufficient_funds');
    const { data } = (await as(member.key).get(`/members/${member.mem}/recharge/events`)).body;
    expect(data).toMatchObject([{ outcome: 'refused', reason: 'master_short', count: 1 }]);
    expect(await keysKept(team)).toBe(0);
    await fundTeam(team.operator, { amount: 100_000_000n });
    expect((await as(member.key).post('/messages', body, { idempotencyKey: 'k' })).status).toBe(202);
  });

  it('is not stored for a dry run: the key is still free for the real call', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const dry = await as(team.ownerKey).post(
      `/members/${mem}/credit`,
      { amount: '5', dryRun: true },
      { idempotencyKey: 'k' },
    );
    expect([dry.status, await keysKept(team)]).toEqual([200, 0]);
    const real = await as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '5' }, { idempotencyKey: 'k' });
    expect([real.status, real.headers.get('idempotent-replayed')]).toEqual([201, null]);
  });

  it('is sealed: the secret of a new API key stands in no row', async () => {
    const team = await makeTeam();
    const made = await as(team.ownerKey).post('/members', {}, { idempotencyKey: 'k' });
    const { rows } = await ownerPool().query<{ text: string }>(
      'SELECT k::text AS text FROM idempotency_keys k WHERE team_id = $1',
      [team.teamId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.text).not.toContain('pur_live_');
    expectReplayOf(await as(team.ownerKey).post('/members', {}, { idempotencyKey: 'k' }), made);
  });

  it('answers with the created id once it was dropped, and the call never runs again', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const owner = as(team.ownerKey);
    const credit = () => owner.post(`/members/${mem}/credit`, { amount: '5' }, { idempotencyKey: 'credit' });
    const send = () => owner.post('/messages', message, { idempotencyKey: 'send' });
    const create = () => owner.post('/members', {}, { idempotencyKey: 'create' });
    const made = [(await credit()).body.transfer.id, (await send()).body.id, (await create()).body.member.id];
    await ownerPool().query('UPDATE idempotency_keys SET answer = NULL WHERE team_id = $1', [team.teamId]);
    const before = await balancesOf(team);
    for (const [i, call] of [credit, send, create].entries()) {
      expect(expectProblem(await call(), 'idempotency_expired').createdId).toBe(made[i]);
    }
    expectProblem(
      await owner.post('/messages', { ...message, body: 'x' }, { idempotencyKey: 'send' }),
      'idempotency_mismatch',
    );
    expect(await balancesOf(team)).toEqual(before);
  });
});

describe('a replay', () => {
  it('comes before the role check: a user who has stepped down can still read their answer', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { id } = (await owner.get('/me')).body.member;
    const second = await addMember(team, { role: 'owner' });
    const made = await owner.post('/members', {}, { idempotencyKey: 'made' });
    const down = await owner.post(`/members/${id}/role`, { role: 'member' }, { idempotencyKey: 'down' });
    expectReplayOf(await owner.post('/members', {}, { idempotencyKey: 'made' }), made);
    expectReplayOf(await owner.post(`/members/${id}/role`, { role: 'member' }, { idempotencyKey: 'down' }), down);
    expectProblem(await owner.post('/members', {}, { idempotencyKey: 'new' }), 'owner_required');
    expect((await as(second.key).get('/members')).body.data).toHaveLength(3);
  });

  it('is refused for a revoked key and for a deleted or deactivated member', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { id } = (await owner.get('/me')).body.member;
    const second = await addMember(team, { role: 'owner' });
    const off = () => owner.post(`/members/${id}/deactivate`, {}, { idempotencyKey: 'off' });
    expect((await off()).status).toBe(200);
    expectProblem(await off(), 'member_inactive');
    await as(second.key).post(`/members/${id}/activate`);
    expectReplayOf(await off(), { ...(await off()) });
    const rotate = () => owner.post(`/members/${id}/key/rotate`, {}, { idempotencyKey: 'rotate' });
    expect((await rotate()).status).toBe(201);
    expectProblem(await rotate(), 'invalid_key');
  });

  it('works in a suspended team, where new changes are refused', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const first = await owner.post('/messages', message, { idempotencyKey: 'k' });
    await ownerPool().query("UPDATE teams SET status = 'suspended' WHERE id = $1", [team.teamId]);
    expectReplayOf(await owner.post('/messages', message, { idempotencyKey: 'k' }), first);
    expectProblem(await owner.post('/messages', message, { idempotencyKey: 'new' }), 'team_suspended');
  });
});
