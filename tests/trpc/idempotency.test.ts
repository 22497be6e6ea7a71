import { describe, expect, it } from 'vitest';
import type { MemberActor } from '@/server/domain/core/actor';
import type { ErrorCode } from '@/server/domain/core/errors';
import { printId } from '@/server/domain/core/ids';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { auditOf, balancesOf, expectProblem, useApi, whileMasterIsHeld } from '../support/api-client';
import { callProcedure, listProcedures, sessionOf, type Result } from '../support/procedures';
import {
  addMember,
  giveSignIn,
  makeTeam,
  ownerPool,
  someAddress,
  type TestMember,
  type TestTeam,
} from '../support/team';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const keysKept = async (team: TestTeam): Promise<number> =>
  (await ownerPool().query('SELECT 1 FROM idempotency_keys WHERE team_id = $1', [team.teamId])).rowCount ?? 0;

function expectCode(result: Result, code: ErrorCode): void {
  expect(result.problem?.code, JSON.stringify(result.data)).toBe(code);
}

/** The input of each change, besides the member that it acts on. */
const EVERY_CHANGE: Record<string, (membership: TestMember, team: TestTeam) => object | Promise<object>> = {
  updateTeam: () => ({ name: 'Changed' }),
  updateSettings: () => ({ memberLowBalance: '5', requireReauthentication: true }),
  createMember: () => ({ credit: '1' }),
  updateMember: ({ mem }) => ({ memberId: mem, name: 'Changed' }),
  deleteMember: ({ mem }) => ({ memberId: mem }),
  activateMember: ({ mem }) => ({ memberId: mem }),
  deactivateMember: ({ mem }) => ({ memberId: mem }),
  setRole: ({ mem }) => ({ memberId: mem, role: 'owner' }),
  rotateKey: ({ mem }) => ({ memberId: mem }),
  resetMemberPassword: async ({ id, mem }) => {
    await giveSignIn(id);
    return { memberId: mem };
  },
  revealKey: ({ mem }) => ({ memberId: mem }),
  replaceRates: () => ({ rates: [{ country: 'US', price: '0.01' }] }),
  importRates: () => ({ csv: 'country,prefix,price\nUS,,0.01\n' }),
  confirmRates: () => ({}),
  fundSandbox: () => ({ amount: '2.5' }),
  creditMember: ({ mem }) => ({ memberId: mem, amount: '2.5' }),
  debitMember: ({ mem }) => ({ memberId: mem, amount: 'all' }),
  setRecharge: ({ mem }) => ({ memberId: mem, threshold: '6', target: '9' }),
  deleteRecharge: ({ mem }) => ({ memberId: mem }),
  sendMessage: () => message,
  sendBatch: () => ({ messages: [message, { ...message, to: '+14155550101' }] }),
  restoreMember: async ({ mem }, team) => {
    await as(team.ownerKey).delete(`/members/${mem}`);
    return { memberId: mem };
  },
  endKey: ({ member }) => ({ keyId: printId('key', member.apiKey!.id) }),
  reverseTransfer: async ({ mem }, team) => {
    const { transfer } = (await as(team.ownerKey).post(`/members/${mem}/credit`, { amount: '1' })).body;
    return { transferId: transfer.id };
  },
  createInvitation: () => ({ email: someAddress(), credit: '1' }),
  resendInvitation: (_member, team) => invitedTo(team),
  revokeInvitation: (_member, team) => invitedTo(team),
  openLink: (_member, team) => invitedTo(team),
};

async function invitedTo(team: TestTeam): Promise<object> {
  const { id } = (await as(team.ownerKey).post('/invitations', { email: someAddress() })).body;
  return { invitationId: id };
}

/** Creates a team with its owner's session, and a member with money and a rule. */
async function setting(): Promise<{ team: TestTeam; membership: TestMember; session: MemberActor }> {
  const team = await makeTeam();
  const membership = await addMember(team, { credit: '5', recharge: { threshold: '1', target: '5' } });
  return { team, membership, session: await sessionOf(team.ownerKey) };
}

describe('every change', () => {
  it('has a row in the table above', () => {
    const changes = listProcedures().filter(({ type }) => type === 'mutation');
    expect(Object.keys(EVERY_CHANGE).toSorted()).toEqual(changes.map(({ id }) => id).toSorted());
  });

  it.each(Object.keys(EVERY_CHANGE))('%s takes effect once per key: in sequence, and many at once', async (id) => {
    const { team, membership, session } = await setting();
    const input = await EVERY_CHANGE[id]!(membership, team);
    const first = await callProcedure(session, id, input, 'one');
    expect(first.problem).toBeNull();
    const [balances, audit] = [await balancesOf(team), await auditOf(team)];
    expect(await callProcedure(session, id, input, 'one')).toEqual(first);
    const again = await Promise.all(Array.from({ length: 10 }, () => callProcedure(session, id, input, 'one')));
    for (const result of again) {
      if (result.problem) expect(result.problem).toMatchObject({ code: 'idempotency_in_flight', retryAfterSeconds: 1 });
      else expect(result).toEqual(first);
    }
    // Another request under the same key; its input is valid, or the error would name that instead.
    const other = id === 'sendMessage' ? { ...message, body: 'Other' } : { memberId: membership.mem, amount: '0.01' };
    expectCode(
      await callProcedure(session, id === 'sendMessage' ? id : 'creditMember', other, 'one'),
      'idempotency_mismatch',
    );
    expect([await balancesOf(team), await auditOf(team), await keysKept(team)]).toEqual([balances, audit, 1]);
  });
});

describe('one key', () => {
  it('answers “in flight” while the first call is running, without waiting for it', async () => {
    const { team, membership, session } = await setting();
    const call = () => callProcedure(session, 'creditMember', { memberId: membership.mem, amount: '1' }, 'slow');
    const calls = await whileMasterIsHeld(team, async () => {
      const both = [call(), call()];
      expectCode(await Promise.race(both), 'idempotency_in_flight');
      return both;
    });
    const made = (await Promise.all(calls)).find(({ problem }) => problem === null);
    expect(await call()).toEqual(made);
  });

  it('belongs to the member in both channels: a request of one channel is another request in the other', async () => {
    const { team, membership, session } = await setting();
    const [api, input] = [as(team.ownerKey), { memberId: membership.mem, amount: '1' }];
    const credit = () => api.post(`/members/${membership.mem}/credit`, { amount: '1' }, { idempotencyKey: 'a' });
    expect((await credit()).status).toBe(201);
    expectCode(await callProcedure(session, 'creditMember', input, 'a'), 'idempotency_mismatch');
    const here = await callProcedure(session, 'creditMember', input, 'b');
    expect(here.problem).toBeNull();
    expectProblem(
      await api.post(`/members/${membership.mem}/credit`, { amount: '1' }, { idempotencyKey: 'b' }),
      'idempotency_mismatch',
    );
    expect(here.data.balances).toEqual({ master: '993.00', member: '7.00' });
    expect((await credit()).headers.get('idempotent-replayed')).toBe('true');
    expect(await callProcedure(session, 'creditMember', input, 'b')).toEqual(here);
    // The same key of another member is another key.
    const own = await callProcedure(await sessionOf(membership.key), 'sendMessage', message, 'b');
    expect(own.problem).toBeNull();
  });

  it('is for one procedure: another with the same input is another request', async () => {
    const { membership, session } = await setting();
    const input = { memberId: membership.mem };
    expect((await callProcedure(session, 'deactivateMember', input, 'k')).data.status).toBe('inactive');
    expectCode(await callProcedure(session, 'activateMember', input, 'k'), 'idempotency_mismatch');
    expect((await callProcedure(session, 'getMember', input)).data.status).toBe('inactive');
  });

  it('has 1 to 255 printable ASCII characters, and is ignored by a query', async () => {
    const { team, membership, session } = await setting();
    const input = { memberId: membership.mem };
    for (const key of ['', 'k'.repeat(256), 'a\tb']) {
      const { problem } = await callProcedure(session, 'deactivateMember', input, key);
      expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ pointer: 'Idempotency-Key' }] });
    }
    expect((await callProcedure(session, 'getMember', input, 'k')).data.status).toBe('active');
    expect(await keysKept(team)).toBe(0);
    expect((await callProcedure(session, 'deactivateMember', input, 'k'.repeat(255))).problem).toBeNull();
  });

  it('is optional: without it each call is separate', async () => {
    const { team, membership, session } = await setting();
    const call = () => callProcedure(session, 'creditMember', { memberId: membership.mem, amount: '1' });
    expect((await call()).data.transfer.id).not.toBe((await call()).data.transfer.id);
    expect(await keysKept(team)).toBe(0);
  });
});

describe('the stored answer', () => {
  it('is a success only: after a refusal, thrown or returned, the same key works once there is money', async () => {
    const team = await makeTeam({ fund: '0', card: 'country,prefix,price\n,1,1.00\n' });
    const { mem } = await addMember(team);
    const session = await sessionOf(team.ownerKey);
    const credit = () => callProcedure(session, 'creditMember', { memberId: mem, amount: '5' }, 'credit');
    const send = () => callProcedure(session, 'sendMessage', message, 'send');
    for (const call of [credit, send]) expectCode(await call(), 'insufficient_funds');
    expectCode(await callProcedure(session, 'createMember', { colour: 'red' }, 'bad'), 'invalid_request');
    expect(await keysKept(team)).toBe(0);
    await fundTeam(team.operator, { amount: 100_000_000n });
    for (const call of [credit, send]) expect((await call()).problem).toBeNull();
    expect(await keysKept(team)).toBe(2);
  });

  it('is not stored for a refused send, whose waiting rule is kept all the same', async () => {
    const team = await makeTeam({ fund: '5.00', card: 'country,prefix,price\n,1,1.00\n' });
    const membership = await addMember(team, { credit: '5', recharge: { threshold: '5', target: '6' } });
    const session = await sessionOf(membership.key);
    const long = { ...message, body: 'a'.repeat(153 * 8) };
    expectCode(await callProcedure(session, 'sendMessage', long, 'k'), 'insufficient_funds');
    const events = await callProcedure(session, 'listRechargeEvents', { memberId: membership.mem });
    expect(events.data.data).toMatchObject([{ outcome: 'refused', reason: 'master_short', count: 1 }]);
    expect(await keysKept(team)).toBe(0);
  });

  it('is not stored for a dry run: the key is still free for the real call', async () => {
    const { team, membership, session } = await setting();
    const input = { memberId: membership.mem, amount: '5' };
    const dry = await callProcedure(session, 'creditMember', { ...input, dryRun: true }, 'k');
    expect([dry.data.transfer.id, await keysKept(team)]).toEqual([null, 0]);
    const real = await callProcedure(session, 'creditMember', input, 'k');
    expect(real.data.balances).toEqual(dry.data.balances);
    expect(real.data.transfer.id).toMatch(/^trf_/);
  });

  it('is sealed, and names the created id once it was dropped', async () => {
    const { team, session } = await setting();
    const create = () => callProcedure(session, 'createMember', {}, 'k');
    const made = (await create()).data;
    const { rows } = await ownerPool().query<{ text: string }>(
      'SELECT k::text AS text FROM idempotency_keys k WHERE team_id = $1',
      [team.teamId],
    );
    expect(rows[0]!.text).not.toContain(made.secrets.apiKey);
    await ownerPool().query('UPDATE idempotency_keys SET answer = NULL WHERE team_id = $1', [team.teamId]);
    expect((await create()).problem).toMatchObject({ code: 'idempotency_expired', createdId: made.member.id });
  });

  it('is replayed for a member who lost the right since, and refused for a deactivated or deleted member', async () => {
    const { team, session } = await setting();
    const second = await addMember(team, { role: 'owner' });
    const create = (actor: MemberActor) => callProcedure(actor, 'createMember', {}, 'k');
    const made = await create(session);
    const own = (await as(team.ownerKey).get('/me')).body.member.id;
    await as(second.key).post(`/members/${own}/role`, { role: 'member' });
    expect(await create(await sessionOf(team.ownerKey))).toEqual(made);
    await as(second.key).post(`/members/${own}/deactivate`);
    expectCode(await create(session), 'member_inactive');
  });
});
