import { describe, expect, it } from 'vitest';
import type { MemberActor } from '@/server/domain/core/actor';
import type { ErrorCode } from '@/server/domain/core/errors';
import { printId } from '@/server/domain/core/ids';
import { makeKey } from '@/server/domain/teams/api-keys/rules';
import { expectProblem, rowsOf, type Caller } from '../support/api-client';
import { CHANNELS, expectRefusal, useChannels, type Channel, type Said, type Who } from '../support/channels';
import type { Answer } from '../support/call-api';
import { listOperations } from '../support/operations';
import { listProcedures, listCommands, sessionOf } from '../support/procedures';
import {
  addMember,
  giveSignIn,
  makeTeam,
  ownerPool,
  someAddress,
  type TestMember,
  type TestTeam,
} from '../support/team';

const channels = useChannels();
const { as } = channels;
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

/** The status of a success, or the code of a refusal. */
type Outcome = number | ErrorCode;

/**
 * The permissions of the roles: the outcome for an owner, and for a member acting on its `own` things and on an `other`
 * member's. `other` is null when the operation names no member. A new operation fails until it has a row here.
 */
const ROWS: Record<string, { owner: number; own: Outcome; other: Outcome | null; body?: object | (() => object) }> = {
  getMe: { owner: 200, own: 200, other: null },
  getTeam: { owner: 200, own: 'owner_required', other: null },
  updateTeam: { owner: 200, own: 'owner_required', other: null, body: { name: 'Changed' } },
  getSettings: { owner: 200, own: 'owner_required', other: null },
  updateSettings: { owner: 200, own: 'owner_required', other: null, body: { textRetentionDays: 30 } },
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
  resetMemberPassword: { owner: 201, own: 'owner_required', other: 'owner_required' },
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
  getRefusals: { owner: 200, own: 200, other: null },
  listRates: { owner: 200, own: 'owner_required', other: null },
  replaceRates: { owner: 200, own: 'owner_required', other: null, body: { rates: [{ prefix: '1', price: '0.01' }] } },
  listAuditEvents: { owner: 200, own: 'owner_required', other: null },
  confirmRates: { owner: 200, own: 'owner_required', other: null },
  listInvitations: { owner: 200, own: 'owner_required', other: null },
  createInvitation: { owner: 201, own: 'owner_required', other: null, body: () => ({ email: someAddress() }) },
  getInvitation: { owner: 200, own: 'owner_required', other: 'owner_required' },
  resendInvitation: { owner: 200, own: 'owner_required', other: 'owner_required' },
  revokeInvitation: { owner: 200, own: 'owner_required', other: 'owner_required' },
};

/**
 * A member with everything an operation can name: money, a message, a transfer, a rule with a history. `session` is an
 * actor of that member whose request began when the member was made.
 */
type PreparedMember = TestMember & { ids: Record<string, string>; session: MemberActor };

async function prepareMember(team: TestTeam, options: { role?: 'owner' | 'member' } = {}): Promise<PreparedMember> {
  const member = await addMember(team, { credit: '5', recharge: { threshold: '1', target: '5' }, ...options });
  await giveSignIn(member.id);
  const sent = await as(member.key).post('/messages', message);
  const credited = await as(team.ownerKey).post(`/members/${member.mem}/credit`, { amount: '1' });
  const invited = await as(team.ownerKey).post('/invitations', { email: someAddress() });
  const ids = {
    mem: member.mem,
    inv: invited.body.id,
    msg: sent.body.id,
    trf: credited.body.transfer.id,
    key: printId('key', member.member.apiKey!.id),
  };
  return { ...member, ids, session: await sessionOf(member.key) };
}

/** Calls the operation `id` on the objects of `about`. */
function ask(
  channel: Channel,
  who: Who,
  id: string,
  about: PreparedMember,
  options: { byName: boolean },
): Promise<Said> {
  const operation = listOperations().find((one) => one.id === id)!;
  const onBehalfOf = options.byName && operation.onBehalf ? about.mem : undefined;
  const { body } = ROWS[id]!;
  return channels[channel](who, { id, ids: about.ids, body: typeof body === 'function' ? body() : body, onBehalfOf });
}

function expectOutcome(said: Said, outcome: Outcome): void {
  if (typeof outcome === 'string') expectRefusal(said, outcome);
  // A procedure has no status of its own: it succeeds or it does not.
  else expect(said.answer ? said.status : said.ok, JSON.stringify(said.body)).toBe(said.answer ? outcome : true);
}

const isChange = (id: string): boolean => listProcedures().find((one) => one.id === id)?.type === 'mutation';

const setRole = (owner: Caller, member: PreparedMember, role: string) =>
  owner.post(`/members/${member.mem}/role`, { role });

/** Ways to become an actor with the role of a member. */
const MEMBERS: Record<string, (team: TestTeam) => Promise<PreparedMember>> = {
  'a member': (team) => prepareMember(team),
  'an owner whom another made a member': async (team) => {
    const member = await prepareMember(team, { role: 'owner' });
    await setRole(as(team.ownerKey), member, 'member');
    return member;
  },
  'an owner who stepped down, while there is another': async (team) => {
    const member = await prepareMember(team, { role: 'owner' });
    await setRole(as(member.key), member, 'member');
    return member;
  },
};

/**
 * Callers without access, and the code that answers all their calls. An actor is from a request that began earlier:
 * tRPC commands check its rights again. Queries are checked by the session's authentication, not here.
 */
const SHUT_OUT: Record<string, { code: ErrorCode; who: (team: TestTeam) => Promise<Who> }> = {
  'a deactivated member': {
    code: 'member_inactive',
    who: async (team) => {
      const member = await prepareMember(team);
      await as(team.ownerKey).post(`/members/${member.mem}/deactivate`);
      return { key: member.key, actor: member.session };
    },
  },
  'a deactivated owner': {
    code: 'member_inactive',
    who: async (team) => {
      const member = await prepareMember(team, { role: 'owner' });
      await as(team.ownerKey).post(`/members/${member.mem}/deactivate`);
      return { key: member.key, actor: member.session };
    },
  },
  'a deleted member': {
    code: 'invalid_key',
    who: async (team) => {
      const member = await prepareMember(team);
      await as(team.ownerKey).delete(`/members/${member.mem}`);
      return { key: member.key, actor: member.session };
    },
  },
  'a rotated key': {
    code: 'invalid_key',
    who: async (team) => {
      const member = await prepareMember(team, { role: 'owner' });
      await as(team.ownerKey).post(`/members/${member.mem}/key/rotate`);
      return { key: member.key };
    },
  },
  'a key whose overlap is over': {
    code: 'invalid_key',
    who: async (team) => {
      const member = await prepareMember(team, { role: 'owner' });
      await as(team.ownerKey).post(`/members/${member.mem}/key/rotate`, { overlapSeconds: 60 });
      await ownerPool().query(
        "UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE team_id = $1 AND expires_at IS NOT NULL",
        [team.teamId],
      );
      return { key: member.key };
    },
  },
  'an unknown key': { code: 'invalid_key', who: () => Promise.resolve({ key: makeKey() }) },
  nobody: { code: 'missing_key', who: () => Promise.resolve({ key: null, actor: null }) },
};

describe('the table of roles', () => {
  it.each([
    ['operation', listOperations],
    ['procedure', listCommands],
  ])('has a row for every %s', (_, list) => {
    expect(Object.keys(ROWS).toSorted()).toEqual(
      list()
        .map(({ id }) => id)
        .toSorted(),
    );
  });
});

function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Every row of a team but the counts of refusals, which are written in the background. */
async function changedRows(team: TestTeam): Promise<Record<string, string[]>> {
  const { refusals: _, ...rows } = await rowsOf(team);
  return rows;
}

/** A team for all calls that change nothing, because they only read or are refused, and its rows, which stay the same. */
const untouched = remembered(async () => {
  const team = await makeTeam();
  const [member, other] = [await prepareMember(team), await prepareMember(team)];
  const secondOwner = await prepareMember(team, { role: 'owner' });
  const members: Record<string, PreparedMember> = {};
  for (const [name, make] of Object.entries(MEMBERS)) members[name] = await make(team);
  const shutOut: { code: ErrorCode; who: Who }[] = [];
  for (const { code, who } of Object.values(SHUT_OUT)) shutOut.push({ code, who: await who(team) });
  return { team, member, other, secondOwner, members, shutOut, rows: await changedRows(team) };
});

const TABLE = Object.entries(ROWS).flatMap(([id, row]) => CHANNELS.map((channel) => ({ id, channel, row })));

describe.each(TABLE)('$id through $channel', ({ id, channel, row }) => {
  const teamOf = remembered(() => makeTeam());

  it(`answers an owner ${row.owner}, for their own member and another's`, async () => {
    const shared = isChange(id) ? null : await untouched();
    const team = shared?.team ?? (await teamOf());
    const first = { key: team.ownerKey };
    expectOutcome(
      await ask(channel, first, id, shared?.member ?? (await prepareMember(team)), { byName: false }),
      row.owner,
    );
    expectOutcome(
      await ask(channel, first, id, shared?.other ?? (await prepareMember(team)), { byName: true }),
      row.owner,
    );
    const second = shared?.secondOwner ?? (await prepareMember(team, { role: 'owner' }));
    expectOutcome(await ask(channel, { key: second.key }, id, second, { byName: false }), row.owner);
  });

  it.each(Object.entries(MEMBERS))(
    `answers %s: ${row.own} for its own, ${row.other} for another's`,
    async (name, make) => {
      const shared = isChange(id) && typeof row.own === 'number' ? null : await untouched();
      const team = shared?.team ?? (await teamOf());
      const [member, other] = shared
        ? [shared.members[name]!, shared.other]
        : [await make(team), await prepareMember(team)];
      const before = shared ? null : await changedRows(team);
      // Every change checks the role again, whatever the role was when the session began.
      const all: Who[] =
        channel === 'tRPC' && isChange(id)
          ? [{ key: member.key, actor: member.session }, { key: member.key }]
          : [{ key: member.key }];
      for (const who of all) {
        if (row.other !== null) expectOutcome(await ask(channel, who, id, other, { byName: true }), row.other);
        if (typeof row.own !== 'number') expectOutcome(await ask(channel, who, id, member, { byName: false }), row.own);
        if (before) expect(await changedRows(team)).toEqual(before);
      }
      if (typeof row.own === 'number')
        expectOutcome(await ask(channel, all[0]!, id, member, { byName: false }), row.own);
    },
  );

  it(`is shut to ${Object.keys(SHUT_OUT).join(', ')}`, async () => {
    const { member, shutOut } = await untouched();
    for (const { code, who } of shutOut) {
      if (channel === 'tRPC' && !(who.actor === null || (who.actor && isChange(id)))) continue;
      for (const byName of [false, true]) {
        const said = await ask(channel, who, id, member, { byName });
        // The role check comes first for a session of a member that never had the right.
        const never = who.actor?.role === 'member' && said.body?.code === row.own;
        expectRefusal(said, never && typeof row.own === 'string' ? row.own : code);
      }
    }
  });

  it('has changed nothing where it was refused, or only reads', async () => {
    const { team, rows } = await untouched();
    expect(await changedRows(team)).toEqual(rows);
  });
});

describe('a member', () => {
  it('sees only its own rows in lists, and no figure of the master balance', async () => {
    const team = await makeTeam({ fund: '777.77' });
    const [member, other] = [await prepareMember(team), await prepareMember(team)];
    await as(team.ownerKey).patch('/team', { reserve: '333.33' });
    const answers: Record<string, Answer> = {};
    for (const path of [
      '/me',
      '/members',
      '/messages',
      '/transfers',
      '/reports/usage?groupBy=member',
      '/reports/refusals',
      `/members/${member.mem}`,
      `/members/${member.mem}/keys`,
      `/members/${member.mem}/recharge/events`,
    ]) {
      answers[path] = await as(member.key).get(path);
      expect(answers[path].status).toBe(200);
      expect(answers[path].text, path).not.toMatch(/777\.77|76\d\.\d\d|333\.33/);
      for (const id of Object.values(other.ids)) expect(answers[path].text, path).not.toContain(id);
    }
    expect(answers['/members']!.body.data.map(({ id }: { id: string }) => id)).toEqual([member.mem]);
    expect(answers['/messages']!.body.data).toHaveLength(1);
    expect(answers['/me']!.body.balance).toBe('5.99');
  });

  it('sees its own figure when its balance is short', async () => {
    const team = await makeTeam({ fund: '777.77' });
    const member = await addMember(team, { credit: '0.01', recharge: { threshold: '0', target: '5000' } });
    const short = expectProblem(
      await as(member.key).post('/messages', { ...message, body: 'a'.repeat(161) }),
      'insufficient_funds',
    );
    expect(short).toMatchObject({ balance: 'member', required: '0.02', available: '0.01' });
    expect(JSON.stringify(short)).not.toMatch(/777\.77|master/i);
  });
});
