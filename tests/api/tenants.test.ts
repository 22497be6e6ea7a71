import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newUuid7, printId } from '@/server/domain/ids';
import type { Answer } from '../support/api';
import { addMember, makeTeam, type TestTeam } from '../support/team';
import { expectProblem, rowsOf, tellable, useApi, type Caller } from '../support/door';
import { listOperations, pathWith, placesOf, type Listed, type Place } from '../support/operations';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

/**
 * Every operation, with the places where an id can stand in it and a body that is good. A new operation, or a new place
 * in an old one, fails until it stands here.
 */
const ROWS: Record<string, { places: Place[]; body?: object }> = {
  getMe: { places: [] },
  getTeam: { places: [] },
  updateTeam: { places: [], body: { name: 'Changed' } },
  listMembers: { places: ['cursor'] },
  createMember: { places: [], body: {} },
  getMember: { places: ['path'] },
  updateMember: { places: ['path'], body: { name: 'Changed' } },
  deleteMember: { places: ['path'] },
  activateMember: { places: ['path'] },
  deactivateMember: { places: ['path'] },
  creditMember: { places: ['path'], body: { amount: '1' } },
  debitMember: { places: ['path'], body: { amount: 'all' } },
  setRole: { places: ['path'], body: { role: 'owner' } },
  rotateKey: { places: ['path'], body: {} },
  revealKey: { places: ['path'] },
  getRecharge: { places: ['path'] },
  setRecharge: { places: ['path'], body: { threshold: '100', target: '200' } },
  deleteRecharge: { places: ['path'] },
  listRechargeEvents: { places: ['path', 'cursor'] },
  sendMessage: { places: ['header'], body: message },
  sendBatch: { places: ['header'], body: { messages: [message, message] } },
  estimateMessages: { places: ['header'], body: message },
  listMessages: { places: ['cursor', 'filter'] },
  getMessage: { places: ['path'] },
  listTransfers: { places: ['cursor', 'filter'] },
  getTransfer: { places: ['path'] },
  reverseTransfer: { places: ['path'], body: {} },
  restoreMember: { places: ['path'] },
  listKeys: { places: ['path', 'cursor'] },
  endKey: { places: ['path'] },
  getUsage: { places: ['filter'] },
};

type Ids = { ids: Record<'mem' | 'msg' | 'trf' | 'key', string>; cursors: Record<string, string> };
type Inhabited = TestTeam & { member: Caller; own: Ids };

/** A team with a member that has a key, money, a message, a rule with a history, and lists that go on. */
async function inhabit(): Promise<Inhabited> {
  const team = await makeTeam();
  const { mem, key } = await addMember(team, { credit: '5', recharge: { threshold: '4.99', target: '5' } });
  const [owner, member] = [as(team.ownerKey), as(key)];
  const sent = [
    await member.post('/messages', message),
    await member.post('/messages', message),
    await member.post('/messages', message),
  ];
  const { data } = (await member.get('/transfers')).body;
  await owner.post(`/members/${mem}/key/rotate`, { overlapSeconds: 3600 });
  const keys = (await owner.get(`/members/${mem}/keys`)).body.data;
  const lists = {
    listMembers: '/members',
    listKeys: `/members/${mem}/keys`,
    listRechargeEvents: `/members/${mem}/recharge/events`,
    listMessages: '/messages',
    listTransfers: '/transfers',
  };
  const cursors: Record<string, string> = {};
  for (const [id, path] of Object.entries(lists)) cursors[id] = (await owner.get(`${path}?limit=1`)).body.nextCursor;
  return { ...team, member, own: { ids: { mem, msg: sent[0]!.body.id, trf: data[0].id, key: keys[0].id }, cursors } };
}

/** Ids of the same form that nobody was ever given. */
function neverGiven(): Ids {
  const cursor = () => randomBytes(24).toString('base64url');
  const cursors = Object.fromEntries(Object.keys(ROWS).map((id) => [id, cursor()]));
  const id = (prefix: keyof Ids['ids']) => printId(prefix, newUuid7());
  return { ids: { mem: id('mem'), msg: id('msg'), trf: id('trf'), key: id('key') }, cursors };
}

/** The request with foreign ids in one place, and the caller's own in all others. */
function ask(caller: Caller, listed: Listed, place: Place, foreign: Ids, own: Ids): Promise<Answer> {
  const { id, method, path, params } = listed;
  const { ids } = place === 'path' ? foreign : own;
  const query =
    place === 'cursor' ? `?cursor=${foreign.cursors[id]}` : place === 'filter' ? `?memberId=${foreign.ids.mem}` : '';
  return caller.call(method, `${pathWith(path, ids, params)}${query}`, {
    body: method === 'GET' ? undefined : ROWS[id]!.body,
    headers: place === 'header' ? { Member: foreign.ids.mem } : {},
  });
}

function expectNothing(answer: Answer, place: Place): void {
  if (place === 'filter') {
    expect([answer.status, answer.body.data, answer.body.nextCursor ?? null]).toEqual([200, [], null]);
    if (answer.body.total) expect(answer.body.total).toMatchObject({ messages: 0, cost: '0.00' });
  } else expectProblem(answer, place === 'cursor' ? 'invalid_cursor' : 'not_found');
}

describe('the table', () => {
  it('has a row for every operation, with every place in it where an id can stand', () => {
    const expected = Object.fromEntries(listOperations().map((listed) => [listed.id, placesOf(listed).toSorted()]));
    const rows = Object.fromEntries(Object.entries(ROWS).map(([id, { places }]) => [id, places.toSorted()]));
    expect(rows).toEqual(expected);
  });
});

describe('what is another’s answers as what was never given, and nothing changes', () => {
  // Nothing changes in them, so they serve all: the first test that finds a change names its culprit.
  let teams: Promise<[Inhabited, Inhabited]> | undefined;
  const two = () => (teams ??= Promise.all([inhabit(), inhabit()]));
  const probes = Object.entries(ROWS).flatMap(([id, { places }]) => places.map((place) => ({ id, place })));

  it.each(probes)('$id: the ids of another team in its $place', async ({ id, place }) => {
    const listed = listOperations().find((one) => one.id === id)!;
    const [own, other] = await two();
    const before = [await rowsOf(own), await rowsOf(other)];
    for (const caller of [as(own.ownerKey), own.member]) {
      const foreign = await ask(caller, listed, place, other.own, own.own);
      const never = await ask(caller, listed, place, neverGiven(), own.own);
      expect(tellable(foreign)).toEqual(tellable(never));
      if (caller.key === own.ownerKey) expectNothing(foreign, place);
      else
        expect(foreign.status === 200 ? foreign.body.data : foreign.status).toEqual(
          place === 'filter' ? [] : foreign.status,
        );
    }
    expect([await rowsOf(own), await rowsOf(other)]).toEqual(before);
  });

  it.each(probes)('$id: the ids of a fellow member in its $place', async ({ id, place }) => {
    const listed = listOperations().find((one) => one.id === id)!;
    const [team] = await two();
    const { mem, key } = await addMember(team, { credit: '1' });
    const own: Ids = { ...team.own, ids: { ...team.own.ids, mem } };
    const before = await rowsOf(team);
    const fellow = await ask(as(key), listed, place, team.own, own);
    expect(fellow.status === 200 ? fellow.body.data : 'refused').toEqual(place === 'filter' ? [] : 'refused');
    expect(tellable(fellow)).toEqual(tellable(await ask(as(key), listed, place, neverGiven(), own)));
    expect(await rowsOf(team)).toEqual(before);
  });
});

describe('texts that exist in another team only', () => {
  it('are found by no filter', async () => {
    const [own, other] = [await makeTeam(), await makeTeam()];
    const theirs = await addMember(other, {
      credit: '1',
      name: 'Unique Name',
      email: 'unique@example.test',
      externalId: 'unique-id',
    });
    await as(theirs.key).post('/messages', { ...message, reference: 'unique-ref' });
    const paths = [
      '/members?query=Unique',
      '/members?query=unique@example.test',
      '/members?externalId=unique-id',
      '/messages?reference=unique-ref',
    ];
    for (const path of [...paths, `/messages?recipient=${encodeURIComponent(message.to)}`]) {
      expect((await as(own.ownerKey).get(path)).body, path).toEqual({ data: [], nextCursor: null });
      expect((await as(other.ownerKey).get(path)).body.data, path).toHaveLength(1);
    }
  });

  it('are free to be used: an address, an externalId, an Idempotency-Key', async () => {
    const [own, other] = [await makeTeam(), await makeTeam()];
    const body = { email: 'same@example.test', externalId: 'same' };
    for (const team of [other, own]) {
      const made = await as(team.ownerKey).post('/members', body, { idempotencyKey: 'same' });
      expect([made.status, made.headers.get('idempotent-replayed')]).toEqual([201, null]);
    }
  });
});
