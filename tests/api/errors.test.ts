import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ERRORS, isErrorCode, type ApiErrorCode } from '@/server/domain/core/errors';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { operation } from '@/server/operations/operation';
import { route } from '@/server/http/route';
import type { Answer } from '../support/call-api';
import { addMember, makeTeam, ownerPool, someAddress, type TestTeam } from '../support/team';
import { expectProblem, useApi, whileMasterIsHeld, type Caller } from '../support/api-client';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

// Set before the first request of this file reads the settings: enough requests for every cause but `rate_limited`.
process.env['RATE_LIMIT'] = '15';

/** Serves an operation whose command fails like a bug or like an unreachable database. */
async function broken(key: string, fault: Error): Promise<Answer> {
  const run = () => Promise.reject(fault);
  const { GET } = route(operation({ method: 'GET', path: '/broken', summary: '', output: z.object({}), run }));
  const request = new Request('http://localhost/api/v1/broken', { headers: { Authorization: `Bearer ${key}` } });
  const response = await GET(request, { params: Promise.resolve({}) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** Changes a team once, then makes the call that fails because of it. */
async function once(owner: Caller, change: () => Promise<unknown>, call: () => Promise<Answer>): Promise<Answer> {
  await change();
  return call();
}

type Cause = (owner: Caller, team: TestTeam) => Promise<Answer>;
const idOf = async (owner: Caller): Promise<string> => (await owner.get('/me')).body.member.id;
const pathOf = async (team: TestTeam): Promise<string> => `/members/${(await addMember(team)).mem}`;

/** Maps every error code to a call that is answered with it. A code without a cause does not compile. */
const CAUSES: Record<ApiErrorCode, Cause> = {
  invalid_request: (owner) => owner.post('/members', { colour: 'red' }),
  invalid_amount: async (owner, team) => owner.post(`${await pathOf(team)}/credit`, { amount: '-1' }),
  invalid_cursor: (owner) => owner.get('/members?cursor=AAAA'),
  key_in_url: (owner) => owner.get(`/me?key=${owner.key}`),
  missing_key: () => as(null).get('/me'),
  not_acceptable: (owner) => owner.get('/me', { headers: { Accept: 'text/csv' } }),
  invalid_key: () => as('pur_live_nonsense').get('/me'),
  insufficient_funds: async (owner, team) => owner.post(`${await pathOf(team)}/debit`, { amount: '1' }),
  owner_required: async (_, team) => as((await addMember(team)).key).get('/team'),
  member_inactive: async (owner, team) => {
    const { mem, key } = await addMember(team);
    return once(
      owner,
      () => owner.post(`/members/${mem}/deactivate`),
      () => as(key).get('/me'),
    );
  },
  team_suspended: (owner, team) =>
    once(
      owner,
      () => ownerPool().query("UPDATE teams SET status = 'suspended' WHERE id = $1", [team.teamId]),
      () => owner.post('/members'),
    ),
  invitation_pending: async (owner) => {
    const body = { email: someAddress() };
    await owner.post('/invitations', body);
    return owner.post('/invitations', body);
  },
  invitation_closed: async (owner) => {
    const { id } = (await owner.post('/invitations', { email: someAddress() })).body;
    await owner.delete(`/invitations/${id}`);
    return owner.post(`/invitations/${id}/resend`);
  },
  not_found: (owner) => owner.get(`/members/${printId('mem', newUuid7())}`),
  method_not_allowed: (owner) => owner.delete('/me'),
  idempotency_in_flight: async (owner, team) => {
    const path = `${await pathOf(team)}/credit`;
    const call = () => owner.post(path, { amount: '1' }, { idempotencyKey: 'k' });
    return whileMasterIsHeld(team, () => Promise.race([call(), call()]));
  },
  idempotency_expired: async (owner, team) => {
    const call = () => owner.post('/members', {}, { idempotencyKey: 'k' });
    await call();
    return once(
      owner,
      () => ownerPool().query('UPDATE idempotency_keys SET answer = NULL WHERE team_id = $1', [team.teamId]),
      call,
    );
  },
  idempotency_mismatch: (owner) =>
    once(
      owner,
      () => owner.post('/members', {}, { idempotencyKey: 'k' }),
      () => owner.post('/members', { name: 'Other' }, { idempotencyKey: 'k' }),
    ),
  currency_fixed: (owner) => owner.patch('/team', { currency: 'EUR' }),
  email_taken: (owner) =>
    once(
      owner,
      () => owner.post('/members', { email: 'a@example.test' }),
      () => owner.post('/members', { email: 'a@example.test' }),
    ),
  last_owner: async (owner) => owner.delete(`/members/${await idOf(owner)}`),
  member_deleted: async (owner, team) => {
    const path = await pathOf(team);
    return once(
      owner,
      () => owner.delete(path),
      () => owner.post(`${path}/activate`),
    );
  },
  already_member: async (owner, team) => {
    const { member } = (await owner.post('/members', { generatePassword: true })).body;
    await owner.delete(`/members/${member.id}`);
    // No channel links a second member to a user who has one already, so the row is inserted by the operator's role.
    await ownerPool().query(
      `INSERT INTO members (team_id, id, user_id, name, email, role)
       SELECT team_id, gen_random_uuid(), user_id, 'Other member', 'other@example.test', 'member' FROM members WHERE team_id = $1 AND user_id IS NOT NULL AND status = 'deleted'`,
      [team.teamId],
    );
    return owner.post(`/members/${member.id}/restore`);
  },
  already_reversed: async (owner, team) => {
    const { transfer } = (await owner.post(`${await pathOf(team)}/credit`, { amount: '1' })).body;
    return once(
      owner,
      () => owner.post(`/transfers/${transfer.id}/reverse`),
      () => owner.post(`/transfers/${transfer.id}/reverse`),
    );
  },
  not_reversible: async (owner) => {
    const { data } = (await owner.get('/transfers?kind=funding')).body;
    return owner.post(`/transfers/${data[0].id}/reverse`);
  },
  payload_too_large: (owner) => owner.post('/messages', { ...message, body: 'a'.repeat(2_000_000) }),
  unsupported_media_type: (owner) =>
    owner.post('/messages', undefined, { raw: 'to=1', headers: { 'Content-Type': 'text/plain' } }),
  unroutable_number: (owner) => owner.post('/messages', { ...message, to: '12' }),
  no_rate: (owner) => owner.post('/messages', { ...message, to: '+33612345678' }),
  rate_limited: async (owner) =>
    (await Promise.all(Array.from({ length: 300 }, () => owner.get('/me')))).find(({ status }) => status === 429)!,
  internal: (owner) => broken(owner.key!, new Error('secret of the house')),
  unavailable: (owner) =>
    broken(owner.key!, Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' })),
};

describe('every error code', () => {
  for (const [code, cause] of Object.entries(CAUSES)) {
    it(`${code} has the one error shape`, async () => {
      const team = await makeTeam({ fund: '10.00' });
      if (!isErrorCode(code)) throw new Error(`${code} is no code`);
      const answer = await cause(as(team.ownerKey), team);
      const body = expectProblem(answer, code);
      const known = [
        'type',
        'title',
        'status',
        'detail',
        'code',
        'requestId',
        'errors',
        'balance',
        'required',
        'available',
        'createdId',
      ];
      expect(Object.keys(body).filter((name) => !known.includes(name))).toEqual([]);
      expect(answer.headers.has('retry-after')).toBe(
        ['idempotency_in_flight', 'rate_limited', 'unavailable'].includes(code),
      );
      expect(answer.headers.has('www-authenticate')).toBe(ERRORS[code].status === 401);
      expect(answer.headers.has('allow')).toBe(code === 'method_not_allowed');
      expect(answer.text).not.toMatch(/secret of the house|ECONNREFUSED|\bat .*\.ts:|node_modules/);
    });
  }

  it('has a status of its kind, a title and advice', () => {
    for (const [code, { status, title, advice }] of Object.entries(ERRORS)) {
      expect(code).toMatch(/^[a-z_]+$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect([title.length > 0, advice.length > 0]).toEqual([true, true]);
    }
  });
});

describe('an unexpected error', () => {
  const lines: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  beforeAll(() => {
    process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      if (typeof chunk !== 'string' || !chunk.startsWith('{"at":')) return write(chunk, ...rest);
      lines.push(...chunk.split('\n').filter((line) => line !== ''));
      return true;
    };
  });
  afterAll(() => {
    process.stdout.write = write;
  });

  it('is logged under the request’s id, without the values of a query', async () => {
    const team = await makeTeam();
    const fault = Object.assign(new Error('insert into members … params: ann@example.test'), {
      query: 'insert into members',
    });
    const answer = await broken(team.ownerKey, fault);
    const { requestId } = expectProblem(answer, 'internal');
    // The lines of one turn of the event loop are printed together after it.
    await setImmediate();
    const own = lines.filter((line) => line.includes(requestId));
    expect(own.length).toBeGreaterThanOrEqual(2);
    expect(own.join('')).toContain('"status":500');
    expect(own.join('')).not.toMatch(/ann@example\.test/);
    for (const line of own) expect(line).not.toContain(team.ownerKey.slice(13));
  });
});
