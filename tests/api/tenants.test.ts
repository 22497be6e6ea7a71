import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { rowsOf, type Caller } from '../support/api-client';
import { CHANNELS, expectRefusal, useChannels, type Channel, type Said, type Who } from '../support/channels';
import { idFieldsOf, listCommands } from '../support/procedures';
import { listOperations, placesOf, type Place } from '../support/operations';
import { addMember, makeTeam, someAddress, type TestTeam } from '../support/team';

const channels = useChannels();
const { as } = channels;
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

/**
 * Every operation of the API, which is a procedure of tRPC too, with the places where an id can stand in it and a valid
 * body. A new operation in either channel, or a new place in an old one, fails until it has a row here.
 */
const ROWS: Record<string, { places: Place[]; body?: object }> = {
  getMe: { places: [] },
  getTeam: { places: [] },
  updateTeam: { places: [], body: { name: 'Changed' } },
  getSettings: { places: [] },
  updateSettings: { places: [], body: { textRetentionDays: 30 } },
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
  resetMemberPassword: { places: ['path'] },
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
  getRefusals: { places: ['filter'] },
  listRates: { places: ['cursor'] },
  replaceRates: { places: [], body: { rates: [{ prefix: '1', price: '0.02' }] } },
  confirmRates: { places: [] },
  listInvitations: { places: ['cursor'] },
  createInvitation: { places: ['body'], body: { email: 'nobody-yet@example.test' } },
  getInvitation: { places: ['path'] },
  resendInvitation: { places: ['path'] },
  revokeInvitation: { places: ['path'] },
  listAuditEvents: { places: ['cursor', 'filter'] },
};

type Ids = { ids: Record<'mem' | 'msg' | 'trf' | 'key' | 'inv', string>; cursors: Record<string, string> };
type Inhabited = TestTeam & { member: Caller; own: Ids };

/** Creates a team with a member that has a key, money, a message, a rule with a history, and lists of several pages. */
async function inhabit(): Promise<Inhabited> {
  const team = await makeTeam();
  const { mem, key } = await addMember(team, { credit: '5', recharge: { threshold: '4.99', target: '5' } });
  const [owner, member] = [as(team.ownerKey), as(key)];
  const sent: string[] = [];
  // The rule fires at every second message.
  for (let i = 0; i < 4; i += 1) sent.push((await member.post('/messages', message)).body.id);
  const { data } = (await member.get('/transfers')).body;
  await owner.post(`/members/${mem}/key/rotate`, { overlapSeconds: 3600 });
  const keys = (await owner.get(`/members/${mem}/keys`)).body.data;
  const invited = async () => (await owner.post('/invitations', { email: someAddress() })).body.id;
  const inv: string = await invited();
  await invited();
  const lists = {
    listInvitations: '/invitations',
    listMembers: '/members',
    listKeys: `/members/${mem}/keys`,
    listRechargeEvents: `/members/${mem}/recharge/events`,
    listMessages: '/messages',
    listTransfers: '/transfers',
    listRates: '/rates',
    listAuditEvents: '/audit-events',
  };
  const cursors: Record<string, string> = {};
  for (const [id, path] of Object.entries(lists)) {
    cursors[id] = (await owner.get(`${path}?limit=1`)).body.nextCursor;
    expect(cursors[id], `${path} goes on`).toEqual(expect.any(String));
  }
  return { ...team, member, own: { ids: { mem, msg: sent[0]!, trf: data[0].id, key: keys[0].id, inv }, cursors } };
}

/** Makes well-formed ids that no object has. */
function neverGiven(): Ids {
  const cursor = () => randomBytes(24).toString('base64url');
  const cursors = Object.fromEntries(Object.keys(ROWS).map((id) => [id, cursor()]));
  const id = (prefix: keyof Ids['ids']) => printId(prefix, newUuid7());
  return { ids: { mem: id('mem'), msg: id('msg'), trf: id('trf'), key: id('key'), inv: id('inv') }, cursors };
}

/** Calls the operation with foreign ids in one place, and the caller's own in all others. */
function ask(channel: Channel, who: Who, id: string, place: Place, foreign: Ids, own: Ids): Promise<Said> {
  return channels[channel](who, {
    id,
    ids: place === 'path' ? foreign.ids : own.ids,
    body: place === 'body' ? { ...ROWS[id]!.body, memberId: foreign.ids.mem } : ROWS[id]!.body,
    query: {
      ...(place === 'cursor' && { cursor: foreign.cursors[id]! }),
      ...(place === 'filter' && { memberId: foreign.ids.mem }),
    },
    onBehalfOf: place === 'header' ? foreign.ids.mem : undefined,
  });
}

const NOTHING = { data: [], nextCursor: null };
const NO_USAGE = { data: [], total: { messages: 0, segments: 0, delivered: 0, failed: 0, cost: '0.00' } };
const NO_REFUSALS = { data: [], total: { count: 0 } };
const nothingOf = (id: string): object => (id === 'getUsage' ? NO_USAGE : id === 'getRefusals' ? NO_REFUSALS : NOTHING);

describe('the table of places', () => {
  it('has a row for every operation, with every place in it where an id can stand', () => {
    const expected = Object.fromEntries(
      listOperations().map((listed) => [listed.id, Object.keys(placesOf(listed)).toSorted()]),
    );
    const rows = Object.fromEntries(Object.entries(ROWS).map(([id, { places }]) => [id, places.toSorted()]));
    expect(rows).toEqual(expected);
  });

  it('has a row for every procedure, whose input takes ids in the same places only', async () => {
    const found: Record<string, string[]> = {};
    for (const procedure of listCommands()) found[procedure.id] = (await idFieldsOf(procedure)).toSorted();
    const expected = listOperations().map((listed) => [
      listed.id,
      ROWS[listed.id]!.places.flatMap((place) => placesOf(listed)[place] ?? []).toSorted(),
    ]);
    expect(found).toEqual(Object.fromEntries(expected));
  });
});

describe('foreign ids', () => {
  // Nothing may change, so two teams serve all tests; the first test that finds a change names the operation.
  let teams: Promise<[Inhabited, Inhabited]> | undefined;
  const two = () => (teams ??= Promise.all([inhabit(), inhabit()]));
  const probes = Object.entries(ROWS).flatMap(([id, { places }]) =>
    places.flatMap((place) => CHANNELS.map((channel) => ({ id, place, channel }))),
  );

  it.each(probes)(
    '$id through $channel answers another team’s id in its $place like an unknown id',
    async ({ id, place, channel }) => {
      const [own, other] = await two();
      const before = [await rowsOf(own), await rowsOf(other)];
      for (const key of [own.ownerKey, own.member.key]) {
        const foreign = await ask(channel, { key }, id, place, other.own, own.own);
        const never = await ask(channel, { key }, id, place, neverGiven(), own.own);
        expect(foreign.tellable).toEqual(never.tellable);
        if (place === 'filter' && (foreign.ok || key === own.ownerKey))
          expect(foreign.body).toMatchObject(nothingOf(id));
        else if (key !== own.ownerKey) expect(foreign.ok).toBe(false);
        else expectRefusal(foreign, place === 'cursor' ? 'invalid_cursor' : 'not_found');
      }
      expect([await rowsOf(own), await rowsOf(other)]).toEqual(before);
    },
  );

  it.each(probes)(
    '$id through $channel answers another member’s id in its $place like an unknown id',
    async ({ id, place, channel }) => {
      const [team] = await two();
      const { mem, key } = await addMember(team, { credit: '1' });
      const own: Ids = { ...team.own, ids: { ...team.own.ids, mem } };
      const before = await rowsOf(team);
      const fellow = await ask(channel, { key }, id, place, team.own, own);
      if (place === 'filter' && fellow.ok) expect(fellow.body).toMatchObject(nothingOf(id));
      else expect(fellow.ok).toBe(false);
      expect(fellow.tellable).toEqual((await ask(channel, { key }, id, place, neverGiven(), own)).tellable);
      expect(await rowsOf(team)).toEqual(before);
    },
  );
});

describe('texts that exist in another team only', () => {
  it.each(CHANNELS)('are found by no filter through %s', async (channel) => {
    const [own, other] = [await makeTeam(), await makeTeam()];
    const theirs = await addMember(other, {
      credit: '1',
      name: 'Unique Name',
      email: 'unique@example.test',
      externalId: 'unique-id',
    });
    await as(theirs.key).post('/messages', { ...message, reference: 'unique-ref' });
    const filters: [string, Record<string, string>][] = [
      ['listMembers', { query: 'Unique' }],
      ['listMembers', { query: 'unique@example.test' }],
      ['listMembers', { externalId: 'unique-id' }],
      ['listMessages', { reference: 'unique-ref' }],
      ['listMessages', { recipient: message.to }],
    ];
    for (const [id, query] of filters) {
      const seenBy = ({ ownerKey }: TestTeam) => channels[channel]({ key: ownerKey }, { id, ids: {}, query });
      expect((await seenBy(own)).body, id).toEqual(NOTHING);
      expect((await seenBy(other)).body.data, id).toHaveLength(1);
    }
  });

  it('can be used: an address, an externalId, an Idempotency-Key', async () => {
    const [own, other] = [await makeTeam(), await makeTeam()];
    const body = { email: 'same@example.test', externalId: 'same' };
    for (const team of [other, own]) {
      const made = await as(team.ownerKey).post('/members', body, { idempotencyKey: 'same' });
      expect([made.status, made.headers.get('idempotent-replayed')]).toEqual([201, null]);
    }
  });
});
