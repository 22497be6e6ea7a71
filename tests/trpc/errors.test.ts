import { setImmediate } from 'node:timers/promises';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { MemberActor } from '@/server/domain/core/actor';
import { ERRORS, fail, isErrorCode, Refusal, type ErrorCode, type ErrorFacts } from '@/server/domain/core/errors';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { services } from '@/server/http/services';
import { handleTrpc } from '@/server/trpc/handler';
import { ProblemError, type Problem } from '@/server/trpc/problem';
import { createCallerFactory, mutation, query, router } from '@/server/trpc/procedures';
import { expectRefusal, useChannels, type Asked } from '../support/channels';
import { callProcedure, HERE, sessionOf } from '../support/procedures';
import { addMember, makeTeam, ownerPool, type TestMember, type TestTeam } from '../support/team';

const channels = useChannels();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };
const requestId = printId('req', newUuid7());

let owner: Promise<MemberActor> | undefined;
/** Creates one owner for all tests whose commands change nothing. */
const someOwner = () => (owner ??= makeTeam().then(({ ownerKey }) => sessionOf(ownerKey)));

/** Returns the error that a procedure throws for an owner when its command does this. */
async function thrownBy(run: () => Promise<never>, channel: 'query' | 'mutation' = 'query'): Promise<ProblemError> {
  const spec = { output: z.object({ id: z.string().optional() }), run };
  const broken = router({ broken: channel === 'query' ? query(spec) : mutation(spec) });
  const actor = await someOwner();
  const caller = createCallerFactory(broken)({
    services: services(),
    actor,
    user: null,
    origin: HERE,
    requestId,
    idempotencyKey: null,
  });
  const error: unknown = await caller.broken().catch((thrown: unknown) => thrown);
  if (!(error instanceof ProblemError)) throw new Error('No problem was thrown.', { cause: error });
  return error;
}

const FACTS: ErrorFacts = {
  detail: 'A detail.',
  errors: [{ pointer: '/name', code: 'invalid_request', detail: 'Too long.' }],
  balance: 'member',
  required: '2.00',
  available: '1.00',
  createdId: 'mem_x',
};

describe('every error code', () => {
  for (const [code, { status, title, advice }] of Object.entries(ERRORS)) {
    it(`${code} has the status of the table, thrown or returned as a refusal`, async () => {
      if (!isErrorCode(code)) throw new Error(`${code} is no code`);
      const plain = { type: `/docs/errors/${code}`, title, status, detail: advice, code, requestId };
      for (const channel of ['query', 'mutation'] as const) {
        const thrown = await thrownBy(() => fail(code), channel);
        expect(thrown.problem).toEqual(plain);
        expect(thrown).toBeInstanceOf(TRPCError);
        expect([thrown.message, thrown.cause]).toEqual([advice, undefined]);
        // tRPC has no name for 406 and 410; the answer has `data.httpStatus`.
        if (status !== 406 && status !== 410) expect(getHTTPStatusCodeFromError(thrown)).toBe(status);
        const refused = await thrownBy(() => Promise.resolve(new Refusal(code, FACTS) as never), channel);
        expect(refused.problem).toEqual({ ...plain, ...FACTS });
      }
    });
  }

  it('has the time to retry, where the API has a field for it', async () => {
    const { problem } = await thrownBy(() => fail('idempotency_in_flight', { retryAfterSeconds: 1 }));
    expect(problem.retryAfterSeconds).toBe(1);
  });
});

type Cause = (membership: TestMember, team: TestTeam) => Promise<Omit<Asked, 'ids'>> | Omit<Asked, 'ids'>;

/** Requests that fail, each in its own way. */
const CAUSES: Record<string, { code: ErrorCode; asked: Cause }> = {
  'an unknown field': { code: 'invalid_request', asked: () => ({ id: 'createMember', body: { colour: 'red' } }) },
  'a wrong type deep within': {
    code: 'invalid_request',
    asked: () => ({ id: 'setRecharge', body: { threshold: '1', target: '5', cap: { amount: '9', period: 'year' } } }),
  },
  'two fields that exclude each other': {
    code: 'invalid_request',
    asked: () => ({ id: 'setRecharge', body: { threshold: '1', target: '5', amount: '5' } }),
  },
  'a NUL': { code: 'invalid_request', asked: () => ({ id: 'createMember', body: { name: 'A\0nn' } }) },
  'half a surrogate pair': {
    code: 'invalid_request',
    asked: () => ({ id: 'createMember', body: { name: 'A\ud800' } }),
  },
  'a bad amount': { code: 'invalid_amount', asked: () => ({ id: 'creditMember', body: { amount: '-1' } }) },
  'a bad amount and more': {
    code: 'invalid_request',
    asked: () => ({ id: 'creditMember', body: { amount: '-1', colour: 'red' } }),
  },
  'a broken cursor': { code: 'invalid_cursor', asked: () => ({ id: 'listMembers', query: { cursor: 'AAAA' } }) },
  'more than there is': { code: 'insufficient_funds', asked: () => ({ id: 'debitMember', body: { amount: '900' } }) },
  'a send that is not covered': {
    code: 'insufficient_funds',
    asked: (membership) => ({
      id: 'sendMessage',
      body: { ...message, to: '+491711234567', body: 'a'.repeat(1600) },
      onBehalfOf: membership.mem,
    }),
  },
  'a number that cannot be': {
    code: 'unroutable_number',
    asked: () => ({ id: 'sendMessage', body: { ...message, to: '12' } }),
  },
  'a country without a price': {
    code: 'no_rate',
    asked: () => ({ id: 'estimateMessages', body: { ...message, to: '+33612345678' } }),
  },
  'another currency, too late': {
    code: 'currency_fixed',
    asked: () => ({ id: 'updateTeam', body: { currency: 'EUR' } }),
  },
  'an address that is taken': {
    code: 'email_taken',
    asked: async (_, team) => {
      const { member } = await addMember(team, { email: 'taken@example.test' });
      return { id: 'createMember', body: { email: member.email } };
    },
  },
  'a deleted member': {
    code: 'member_deleted',
    asked: async (membership, team) => {
      await channels.as(team.ownerKey).delete(`/members/${membership.mem}`);
      return { id: 'activateMember' };
    },
  },
  'a suspended team': {
    code: 'team_suspended',
    asked: async (_, team) => {
      await ownerPool().query("UPDATE teams SET status = 'suspended' WHERE id = $1", [team.teamId]);
      return { id: 'createMember', body: {} };
    },
  },
};

describe('an error', () => {
  it.each(Object.entries(CAUSES))('is the same in both channels: %s', async (_, { code, asked }) => {
    const team = await makeTeam();
    const membership = await addMember(team, { credit: '1' });
    const request = { ...(await asked(membership, team)), ids: { mem: membership.mem } };
    const [api, trpc] = [
      await channels.API({ key: team.ownerKey }, request),
      await channels.tRPC({ key: team.ownerKey }, request),
    ];
    expectRefusal(api, code);
    expectRefusal(trpc, code);
    expect({ ...trpc.body, requestId: '' }).toEqual({ ...api.body, requestId: '' });
  });

  it('is not_found for an id in the input, whatever else is wrong, like in a path of the API', async () => {
    const session = await someOwner();
    for (const memberId of ['mem_nonsense', 'nonsense', printId('trf', newUuid7()), '']) {
      const { problem } = await callProcedure(session, 'creditMember', { memberId, amount: '-1', colour: 'red' });
      expect(problem?.code).toBe('not_found');
    }
    const missing = await callProcedure(session, 'getMember', {});
    expect(missing.problem).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/memberId' }] });
  });

  it('names an input that is no object, or nested too deeply', async () => {
    const session = await someOwner();
    let deep: object = {};
    for (let i = 0; i < 30; i += 1) deep = { deep };
    for (const input of [null, 'text', 7, [], deep, undefined]) {
      expect((await callProcedure(session, 'createMember', input)).problem?.code).toBe('invalid_request');
    }
    expect((await callProcedure(session, 'getTeam', { colour: 'red' })).problem?.code).toBe('invalid_request');
  });
});

describe('a refusal', () => {
  it('commits what must be kept of it, and moves nothing', async () => {
    const team = await makeTeam({ fund: '5.00', card: 'country,prefix,price\n,1,1.00\n' });
    const membership = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '6' } });
    const session = await sessionOf(membership.key);
    const { problem } = await callProcedure(session, 'sendMessage', { ...message, body: 'a'.repeat(153 * 8) });
    expect(problem).toMatchObject({ code: 'insufficient_funds', required: '8.00', available: '5.00' });
    const events = await callProcedure(session, 'listRechargeEvents', { memberId: membership.mem });
    expect(events.data.data).toMatchObject([{ outcome: 'refused', reason: 'master_short', count: 1 }]);
    expect((await callProcedure(session, 'listMessages', {})).data.data).toEqual([]);
  });
});

describe('an unexpected error', () => {
  const lines: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  beforeAll(() => {
    process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      if (typeof chunk !== 'string' || !chunk.startsWith('{"at":')) return write(chunk, ...rest);
      lines.push(...chunk.split('\n'));
      return true;
    };
  });
  afterAll(() => {
    process.stdout.write = write;
  });

  const internal: Problem = {
    type: '/docs/errors/internal',
    title: ERRORS.internal.title,
    status: 500,
    detail: ERRORS.internal.advice,
    code: 'internal',
    requestId,
  };

  it('shows nothing but its request’s id, under which it is logged without the values of a query', async () => {
    const fault = Object.assign(new Error('insert into members … params: ann@example.test'), { query: 'insert' });
    const error = await thrownBy(() => Promise.reject(fault));
    expect(error.problem).toEqual(internal);
    expect([error.message, error.cause]).toEqual([internal.detail, undefined]);
    // The lines of one turn of the event loop are printed together after it.
    await setImmediate();
    const own = lines.filter((line) => line.includes(requestId) && /unexpected|"status":500/.test(line));
    expect(own.length).toBeGreaterThanOrEqual(2);
    expect(own.join('')).toMatch(/"level":"error"/);
    expect(own.join('')).not.toMatch(/ann@example\.test/);
  });

  it('is also an answer that does not match its own schema, rather than an invalid input', async () => {
    const odd = await thrownBy(() => Promise.resolve({ id: 7 } as never));
    expect(odd.problem).toEqual(internal);
  });

  it('differs from an unreachable database', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' });
    const { problem } = await thrownBy(() => Promise.reject(away), 'mutation');
    expect(problem).toMatchObject({ code: 'unavailable', status: 503, retryAfterSeconds: 2 });
    expect(JSON.stringify(problem)).not.toMatch(/ECONNREFUSED|10\.0\.0\.1/);
  });
});

describe('an error over HTTP', () => {
  it('has the status of the table, and only the problem as its data', async () => {
    const { ownerKey } = await makeTeam();
    const ask = async (path: string, input: object) =>
      handleTrpc(
        new Request(`http://localhost/api/trpc/${path}`, {
          method: 'POST',
          body: JSON.stringify(input),
          headers: { 'Content-Type': 'application/json' },
        }),
        { services: services(), open: async () => ({ actor: await sessionOf(ownerKey), user: null, origin: HERE }) },
      );
    const { data: me } = await callProcedure(await sessionOf(ownerKey), 'getMe');
    const path = 'members.deleteMember';
    const response = await ask(path, { memberId: me.member.id });
    const { error } = await response.json();
    const { status, title, advice } = ERRORS.last_owner;
    expect([response.status, error.message]).toEqual([status, advice]);
    expect(error.data).toEqual({
      type: '/docs/errors/last_owner',
      title,
      status,
      detail: advice,
      code: 'last_owner',
      requestId: response.headers.get('request-id'),
      httpStatus: status,
      path,
    });
  });
});
