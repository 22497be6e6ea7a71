import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { services } from '@/server/http/services';
import { handleTrpc } from '@/server/trpc/handler';
import type { AppRouter } from '@/server/trpc/router';
import { auditOf } from '../support/api-client';
import { useChannels, type Asked } from '../support/channels';
import { listOperations } from '../support/operations';
import { callProcedure, HERE, listCommands, sessionOf } from '../support/procedures';
import { addMember, makeTeam, someAddress } from '../support/team';

const channels = useChannels();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

/** Removes the last use of the key, which is written beside the request. */
const withoutUse = (body: object) =>
  JSON.parse(JSON.stringify(body, (name, value) => (name === 'lastUsedAt' ? undefined : value)));

describe('the router', () => {
  it('makes every change of the API a mutation, and no query', () => {
    const changes = listOperations().filter(({ method, id }) => method !== 'GET' && id !== 'estimateMessages');
    const mutations = listCommands().filter(({ type }) => type === 'mutation');
    expect(mutations.map(({ id }) => id).toSorted()).toEqual(changes.map(({ id }) => id).toSorted());
  });

  it('has the types of the JSON: ids, money and instants are strings', () => {
    type Out = inferRouterOutputs<AppRouter>;
    type In = inferRouterInputs<AppRouter>;
    expectTypeOf<Out['members']['getMember']['balance']>().toEqualTypeOf<string>();
    expectTypeOf<Out['members']['listMembers']['data'][number]['createdAt']>().toEqualTypeOf<string>();
    expectTypeOf<In['transfers']['getTransfer']>().toEqualTypeOf<{ transferId: string }>();
    expectTypeOf<In['members']['listMembers']['limit']>().toEqualTypeOf<number | undefined>();
  });
});

describe('both channels', () => {
  it('answer each query alike, for an owner and for a member', async () => {
    const team = await makeTeam({ fund: '777.77' });
    const membership = await addMember(team, { credit: '5', recharge: { threshold: '4.99', target: '5' } });
    const as = channels.as(membership.key);
    for (let i = 0; i < 3; i += 1) await as.post('/messages', message);
    const msg = (await as.get('/messages')).body.data[0].id;
    const trf = (await as.get('/transfers')).body.data[0].id;
    const { id: inv } = (await channels.as(team.ownerKey).post('/invitations', { email: someAddress() })).body;
    const readings = listCommands().filter(({ type }) => type === 'query');
    for (const { id } of readings) {
      const asked: Asked = { id, ids: { mem: membership.mem, msg, trf, inv } };
      if (id === 'estimateMessages') asked.body = message;
      for (const key of [team.ownerKey, membership.key]) {
        const [api, trpc] = [await channels.API({ key }, asked), await channels.tRPC({ key }, asked)];
        const { requestId, key: ofApi, ...expected } = withoutUse(api.body);
        const { requestId: own, ...said } = withoutUse(trpc.body);
        expect(said, `${id} for ${key === membership.key ? 'a member' : 'an owner'}`).toEqual(expected);
        // A session is read without a key; everything else that is missing would fail above.
        expect([ofApi === undefined, requestId === undefined]).toEqual([id !== 'getMe', own === undefined]);
      }
    }
  });

  it('write the same audit events, each with its own channel', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const session = await sessionOf(team.ownerKey);
    const before = await auditOf(team);
    const made = await callProcedure(session, 'creditMember', { memberId: mem, amount: '1' });
    expect(made.data.transfer.actor).toMatchObject({ type: 'user', name: 'First Owner' });
    expect((await auditOf(team)).slice(before.length)).toMatchObject([
      { action: 'member.credited', channel: 'web', actorType: 'user' },
    ]);
  });

  it('cap and refuse a limit alike, given as a number', async () => {
    const session = await sessionOf((await makeTeam()).ownerKey);
    for (const limit of [1, 100, 5000]) {
      expect((await callProcedure(session, 'listMembers', { limit })).data.data).toHaveLength(1);
    }
    for (const limit of [0, -1, 1.5, '1', null]) {
      const { problem } = await callProcedure(session, 'listMembers', { limit });
      expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/limit' }] });
    }
  });
});

describe('tRPC over HTTP', () => {
  const json = { 'Content-Type': 'application/json' };
  const ask = async (key: string, path: string, init: RequestInit = {}) => {
    const request = new Request(`http://localhost/api/trpc/${path}`, { headers: json, ...init });
    const response = await handleTrpc(request, {
      services: services(),
      open: async () => ({ actor: await sessionOf(key), user: null, origin: HERE }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  const mutate = (key: string, path: string, input: unknown, headers: Record<string, string> = {}) =>
    ask(key, path, { method: 'POST', body: JSON.stringify(input), headers: { ...json, ...headers } });

  it('answers queries and changes as plain JSON, with a request id, never cached', async () => {
    const team = await makeTeam();
    const input = encodeURIComponent(JSON.stringify({ limit: 1 }));
    const list = await ask(team.ownerKey, `members.listMembers?input=${input}`);
    expect([list.status, list.body.result.data.data[0].name]).toEqual([200, 'First Owner']);
    expect(list.headers.get('request-id')).toMatch(/^req_/);
    expect(list.headers.get('cache-control')).toBe('no-store');
    const made = await mutate(team.ownerKey, 'members.createMember', { credit: '1.5' });
    expect([made.status, made.body.result.data.member.balance]).toEqual([200, '1.50']);
    expect((await ask(team.ownerKey, 'team.getMe')).body.result.data.balance).toBe('998.50');
  });

  it('takes a query as a POST, so that no message text stands in a URL, and no change as a GET', async () => {
    const team = await makeTeam();
    const estimate = await mutate(team.ownerKey, 'messages.estimateMessages', message);
    expect([estimate.status, estimate.body.result.data.cost]).toEqual([200, '0.01']);
    const change = await ask(team.ownerKey, `members.createMember?input=${encodeURIComponent('{}')}`);
    expect([change.status, change.body.error.data.code]).toEqual([405, 'method_not_allowed']);
  });

  it('runs a single change under an Idempotency-Key, never a batch', async () => {
    const team = await makeTeam();
    const batch = (headers: Record<string, string>) =>
      mutate(team.ownerKey, 'members.createMember,members.createMember?batch=1', { 0: {}, 1: {} }, headers);
    expect((await batch({ 'Idempotency-Key': 'k' })).status).toBe(400);
    expect((await batch({})).body).toHaveLength(2);
    const one = () => mutate(team.ownerKey, 'members.createMember', {}, { 'Idempotency-Key': 'k' });
    expect((await one()).body).toEqual((await one()).body);
  });

  it('answers a visitor, an unknown procedure and invalid JSON with the errors of the table', async () => {
    const { ownerKey } = await makeTeam();
    const nobody = await handleTrpc(new Request('http://localhost/api/trpc/team.getMe'), {
      services: services(),
      open: async () => ({ actor: null, user: null, origin: HERE }),
    });
    expect([nobody.status, (await nobody.json()).error.data.code]).toEqual([401, 'missing_key']);
    const unknown = await ask(ownerKey, 'members.dropMembers');
    expect([unknown.status, unknown.body.error.data.code]).toEqual([404, 'not_found']);
    const broken = await ask(ownerKey, 'members.createMember', { method: 'POST', body: '{"name": "Ann' });
    expect([broken.status, broken.body.error.data.code]).toEqual([400, 'invalid_request']);
    expect(JSON.stringify([unknown.body, broken.body])).not.toMatch(/Ann|stack|node_modules|No procedure/);
  });
});
