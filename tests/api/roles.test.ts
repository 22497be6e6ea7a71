import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '@/server/domain/errors';
import { printId } from '@/server/domain/ids';
import { makeKey } from '@/server/domain/keys/rules';
import type { Answer } from '../support/api';
import { addMember, makeTeam, ownerPool, type TestMember, type TestTeam } from '../support/team';
import { expectProblem, rowsOf, useApi, type Caller } from '../support/door';
import { listOperations, pathWith } from '../support/operations';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

/** The status of a success, or the code of a refusal. */
type Outcome = number | ErrorCode;

/**
 * Who may do what (the product's table): what an owner gets, and what a member gets for what is its own and for what is
 * another's. `other` null: the operation names nobody. A new operation fails until it stands here.
 */
const ROWS: Record<string, { owner: number; own: Outcome; other: Outcome | null; body?: object }> = {
  getMe: { owner: 200, own: 200, other: null },
  getTeam: { owner: 200, own: 'owner_required', other: null },
  updateTeam: { owner: 200, own: 'owner_required', other: null, body: { name: 'Changed' } },
  listMembers: { owner: 200, own: 200, other: null },
  createMember: { owner: 201, own: 'owner_required', other: null, body: {} },
  getMember: { owner: 200, own: 200, other: 'not_found' },
  updateMember: { owner: 200, own: 'owner_required', other: 'owner_required', body: { name: 'Changed' } },
  deleteMember: { owner: 200, own: 'owner_required', other: 'owner_required' },
  activateMember: { owner: 200, own: 'owner_required', other: 'owner_required' },
  deactivateMember: { owner: 200, own: 'owner_required', other: 'owner_required' },
  creditMember: { owner: 201, own: 'owner_required', other: 'owner_required', body: { amount: '1' } },
  debitMember: { owner: 201, own: 'owner_required', other: 'owner_required', body: { amount: '1' } },
  setRole: { owner: 200, own: 'owner_required', other: 'owner_required', body: { role: 'owner' } },
  rotateKey: { owner: 201, own: 201, other: 'not_found' },
  revealKey: { owner: 200, own: 'owner_required', other: 'owner_required' },
  getRecharge: { owner: 200, own: 200, other: 'not_found' },
  setRecharge: { owner: 200, own: 'owner_required', other: 'owner_required', body: { threshold: '1', target: '9' } },
  deleteRecharge: { owner: 200, own: 'owner_required', other: 'owner_required' },
  listRechargeEvents: { owner: 200, own: 200, other: 'not_found' },
  sendMessage: { owner: 202, own: 202, other: 'owner_required', body: message },
  sendBatch: { owner: 202, own: 202, other: 'owner_required', body: { messages: [message, message] } },
  estimateMessages: { owner: 200, own: 200, other: 'owner_required', body: message },
  listMessages: { owner: 200, own: 200, other: null },
  getMessage: { owner: 200, own: 200, other: 'not_found' },
  listTransfers: { owner: 200, own: 200, other: null },
  getTransfer: { owner: 200, own: 200, other: 'not_found' },
  reverseTransfer: { owner: 201, own: 'owner_required', other: 'owner_required', body: {} },
  restoreMember: { owner: 200, own: 'owner_required', other: 'owner_required' },
  listKeys: { owner: 200, own: 200, other: 'not_found' },
  endKey: { owner: 200, own: 200, other: 'not_found' },
  getUsage: { owner: 200, own: 200, other: null },
};

/** A seat with all that an operation may ask for: money, a message, a transfer, a rule with a history. */
type Seat = TestMember & { ids: Record<string, string> };

async function seatIn(team: TestTeam, options: { role?: 'owner' | 'member' } = {}): Promise<Seat> {
  const seat = await addMember(team, { credit: '5', recharge: { threshold: '1', target: '5' }, ...options });
  const sent = await as(seat.key).post('/messages', message);
  const credited = await as(team.ownerKey).post(`/members/${seat.mem}/credit`, { amount: '1' });
  const ids = {
    mem: seat.mem,
    msg: sent.body.id,
    trf: credited.body.transfer.id,
    key: printId('key', seat.member.apiKey!.id),
  };
  return { ...seat, ids };
}

/** The operation `id` as `key` asks for it, about what is `about`'s. */
function ask(key: string | null, id: string, about: Seat, options: { byName: boolean }): Promise<Answer> {
  const { method, path, params, operation } = listOperations().find((one) => one.id === id)!;
  return as(key).call(method, pathWith(path, about.ids, params), {
    body: method === 'GET' ? undefined : ROWS[id]!.body,
    headers: options.byName && operation.onBehalf ? { Member: about.mem } : {},
  });
}

function expectOutcome(answer: Answer, outcome: Outcome): void {
  if (typeof outcome === 'number') expect(answer.status, answer.text).toBe(outcome);
  else expectProblem(answer, outcome);
}

const setRole = (owner: Caller, seat: Seat, role: string) => owner.post(`/members/${seat.mem}/role`, { role });

/** Members who act as such, however they came to be one. */
const MEMBERS: Record<string, (team: TestTeam) => Promise<Seat>> = {
  'a member': (team) => seatIn(team),
  'an owner whom another made a member': async (team) => {
    const seat = await seatIn(team, { role: 'owner' });
    await setRole(as(team.ownerKey), seat, 'member');
    return seat;
  },
  'an owner who stepped down, while there is another': async (team) => {
    const seat = await seatIn(team, { role: 'owner' });
    await setRole(as(seat.key), seat, 'member');
    return seat;
  },
};

/** Keys that open nothing, and what they are told, whatever they ask for. */
const SHUT_OUT: Record<string, { code: ErrorCode; key: (team: TestTeam) => Promise<string | null> }> = {
  'a deactivated member': {
    code: 'member_inactive',
    key: async (team) => {
      const seat = await seatIn(team);
      await as(team.ownerKey).post(`/members/${seat.mem}/deactivate`);
      return seat.key;
    },
  },
  'a deactivated owner': {
    code: 'member_inactive',
    key: async (team) => {
      const seat = await seatIn(team, { role: 'owner' });
      await as(team.ownerKey).post(`/members/${seat.mem}/deactivate`);
      return seat.key;
    },
  },
  'a deleted member': {
    code: 'invalid_key',
    key: async (team) => {
      const seat = await seatIn(team);
      await as(team.ownerKey).delete(`/members/${seat.mem}`);
      return seat.key;
    },
  },
  'a rotated key': {
    code: 'invalid_key',
    key: async (team) => {
      const seat = await seatIn(team, { role: 'owner' });
      await as(team.ownerKey).post(`/members/${seat.mem}/key/rotate`);
      return seat.key;
    },
  },
  'a key whose overlap is over': {
    code: 'invalid_key',
    key: async (team) => {
      const seat = await seatIn(team, { role: 'owner' });
      await as(team.ownerKey).post(`/members/${seat.mem}/key/rotate`, { overlapSeconds: 60 });
      await ownerPool().query('UPDATE api_keys SET expires_at = now() WHERE team_id = $1 AND expires_at IS NOT NULL', [
        team.teamId,
      ]);
      return seat.key;
    },
  },
  'an unknown key': { code: 'invalid_key', key: () => Promise.resolve(makeKey()) },
  nobody: { code: 'missing_key', key: () => Promise.resolve(null) },
};

describe('the table', () => {
  it('has a row for every operation', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(
      listOperations()
        .map(({ id }) => id)
        .toSorted(),
    );
  });
});

/** The keys that open nothing, made once: no call with one of them changes anything. */
const shutOut = remembered(async () => {
  const team = await makeTeam();
  const seat = await seatIn(team);
  const keys: { who: string; code: ErrorCode; key: string | null }[] = [];
  for (const [who, { code, key }] of Object.entries(SHUT_OUT)) keys.push({ who, code, key: await key(team) });
  return { team, seat, keys };
});

function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

describe.each(Object.entries(ROWS))('%s', (id, row) => {
  const teamOf = remembered(() => makeTeam());

  it(`answers an owner ${row.owner}, for his own seat and another's`, async () => {
    const team = await teamOf();
    expectOutcome(await ask(team.ownerKey, id, await seatIn(team), { byName: false }), row.owner);
    expectOutcome(await ask(team.ownerKey, id, await seatIn(team), { byName: true }), row.owner);
    const second = await seatIn(team, { role: 'owner' });
    expectOutcome(await ask(second.key, id, second, { byName: false }), row.owner);
  });

  it.each(Object.entries(MEMBERS))(
    `answers %s: ${row.own} for its own, ${row.other} for another's`,
    async (_, make) => {
      const team = await teamOf();
      const [seat, other] = [await make(team), await seatIn(team)];
      const before = await rowsOf(team);
      if (row.other !== null) {
        expectOutcome(await ask(seat.key, id, other, { byName: true }), row.other);
        expect(await rowsOf(team)).toEqual(before);
      }
      expectOutcome(await ask(seat.key, id, seat, { byName: false }), row.own);
      if (typeof row.own !== 'number') expect(await rowsOf(team)).toEqual(before);
    },
  );

  it(`is shut to ${Object.keys(SHUT_OUT).join(', ')}`, async () => {
    const { team, seat, keys } = await shutOut();
    const before = await rowsOf(team);
    for (const { who, code, key } of keys) {
      for (const byName of [false, true]) expectProblem(await ask(key, id, seat, { byName }), code);
      expect(await rowsOf(team), who).toEqual(before);
    }
  });
});

describe('what a member is shown', () => {
  it('in lists is its own alone, and nothing of the master’s figures', async () => {
    const team = await makeTeam({ fund: '777.77' });
    const [seat, other] = [await seatIn(team), await seatIn(team)];
    await as(team.ownerKey).patch('/team', { reserve: '333.33' });
    const answers: Record<string, Answer> = {};
    for (const path of [
      '/me',
      '/members',
      '/messages',
      '/transfers',
      '/reports/usage?groupBy=member',
      `/members/${seat.mem}`,
      `/members/${seat.mem}/keys`,
      `/members/${seat.mem}/recharge/events`,
    ]) {
      answers[path] = await as(seat.key).get(path);
      expect(answers[path].status).toBe(200);
      expect(answers[path].text, path).not.toMatch(/777\.77|76\d\.\d\d|333\.33/);
      for (const id of Object.values(other.ids)) expect(answers[path].text, path).not.toContain(id);
    }
    expect(answers['/members']!.body.data.map(({ id }: { id: string }) => id)).toEqual([seat.mem]);
    expect(answers['/messages']!.body.data).toHaveLength(1);
    expect(answers['/me']!.body.balance).toBe('5.99');
  });

  it('when its money is short is its own figure', async () => {
    const team = await makeTeam({ fund: '777.77' });
    const seat = await addMember(team, { credit: '0.01', recharge: { threshold: '0', target: '5000' } });
    const short = expectProblem(
      await as(seat.key).post('/messages', { ...message, body: 'a'.repeat(161) }),
      'insufficient_funds',
    );
    expect(short).toMatchObject({ balance: 'member', required: '0.02', available: '0.01' });
    expect(JSON.stringify(short)).not.toMatch(/777\.77|master/i);
  });
});
