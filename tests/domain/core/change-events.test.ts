import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  announce,
  announceAll,
  printChanges,
  readNotification,
  flushChanges,
  touch,
  type Touched,
} from '@/server/domain/core/change-feed';
import { makeContext } from '@/server/domain/core/context';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { createInvitation } from '@/server/domain/teams/invitations/write';
import { creditMember, fundTeam, withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { deactivateMember, deleteMember, setRole } from '@/server/domain/teams/members/write';
import { reportMessages, sendMessage } from '@/server/domain/messaging/messages/write';
import { serveWaiting } from '@/server/domain/billing/auto-recharge/write';
import { openServices } from '../../proof/support';
import { callProcedure, listProcedures, sessionOf } from '../../support/procedures';
import {
  addMember,
  giveSignIn,
  makeTeam,
  micros,
  ownerPool,
  someAddress,
  type TestMember,
  type TestTeam,
} from '../../support/team';
import { openChangeListener } from '../../support/change-events';

const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

let listener: Awaited<ReturnType<typeof openChangeListener>>;
beforeAll(async () => {
  listener = await openChangeListener();
});
afterAll(() => listener.close());

async function scene(): Promise<{ team: TestTeam; membership: TestMember }> {
  const team = await makeTeam();
  return { team, membership: await addMember(team, { credit: '5', recharge: { threshold: '1', target: '5' } }) };
}

type Memberships = 'member' | 'owner' | 'none' | 'anybody' | 'new';
type Row = {
  input: (membership: TestMember, team: TestTeam) => object | Promise<object>;
  published: Partial<Record<'messages' | 'members' | 'transfers' | 'team' | 'rates' | 'invitations', Memberships>>;
};

const ofMember = ({ mem }: TestMember) => ({ memberId: mem });
const money = { members: 'member', transfers: 'member' } as const;

/** The input of each change, and the notification that it publishes. */
const EVERY_CHANGE: Record<string, Row> = {
  updateTeam: { input: () => ({ name: 'Changed' }), published: { team: 'anybody' } },
  updateSettings: { input: () => ({ requireReauthentication: true }), published: { team: 'none' } },
  createMember: { input: () => ({ credit: '1' }), published: { members: 'new', transfers: 'new' } },
  updateMember: { input: ({ mem }) => ({ memberId: mem, name: 'Changed' }), published: { members: 'member' } },
  deleteMember: { input: ofMember, published: money },
  deactivateMember: { input: ofMember, published: { members: 'member' } },
  activateMember: {
    input: async (membership, team) => (await deactivateMember(team.operator, membership.id), ofMember(membership)),
    published: { members: 'member' },
  },
  restoreMember: {
    input: async (membership, team) => (await deleteMember(team.operator, membership.id), ofMember(membership)),
    published: { members: 'member' },
  },
  setRole: {
    input: ({ mem }) => ({ memberId: mem, role: 'owner' }),
    published: { members: 'member', team: 'anybody' },
  },
  rotateKey: { input: ofMember, published: { members: 'member' } },
  revealKey: { input: ofMember, published: { members: 'member' } },
  resetMemberPassword: {
    input: async (membership) => (await giveSignIn(membership.id), ofMember(membership)),
    published: { members: 'member' },
  },
  endKey: { input: ({ member }) => ({ keyId: printId('key', member.apiKey!.id) }), published: { members: 'member' } },
  replaceRates: { input: () => ({ rates: [{ country: 'US', price: '0.01' }] }), published: { rates: 'none' } },
  importRates: { input: () => ({ csv: 'country,prefix,price\nUS,,0.01\n' }), published: { rates: 'none' } },
  confirmRates: { input: () => ({}), published: { rates: 'none' } },
  fundSandbox: { input: () => ({ amount: '2.5' }), published: { team: 'none', members: 'none', transfers: 'none' } },
  creditMember: { input: ({ mem }) => ({ memberId: mem, amount: '2.5' }), published: money },
  debitMember: { input: ({ mem }) => ({ memberId: mem, amount: 'all' }), published: money },
  reverseTransfer: {
    input: async ({ id }, team) => {
      const { transfer } = await creditMember(team.operator, { memberId: id, amount: micros('1') });
      return { transferId: printId('trf', transfer.id!) };
    },
    published: money,
  },
  setRecharge: { input: ({ mem }) => ({ memberId: mem, threshold: '6', target: '9' }), published: money },
  deleteRecharge: { input: ofMember, published: { members: 'member' } },
  sendMessage: { input: () => message, published: { messages: 'owner', members: 'owner', transfers: 'owner' } },
  sendBatch: {
    input: ({ mem }) => ({ messages: [message, message], onBehalfOf: mem }),
    published: { messages: 'member', ...money },
  },
  createInvitation: { input: () => ({ email: someAddress() }), published: { invitations: 'none' } },
  resendInvitation: { input: (_member, team) => invitedTo(team), published: { invitations: 'none' } },
  openLink: { input: (_member, team) => invitedTo(team), published: { invitations: 'none' } },
  revokeInvitation: { input: (_member, team) => invitedTo(team), published: { invitations: 'none' } },
};

async function invitedTo({ operator }: TestTeam): Promise<object> {
  const { id } = await createInvitation(operator, { email: someAddress() });
  return { invitationId: printId('inv', id) };
}

describe('every change', () => {
  it('has a row in the table above', () => {
    const changes = listProcedures().filter(({ type }) => type === 'mutation');
    expect(Object.keys(EVERY_CHANGE).toSorted()).toEqual(changes.map(({ id }) => id).toSorted());
  });

  it.each(Object.entries(EVERY_CHANGE))(
    '%s is published after the commit, with the members it touched',
    async (id, row) => {
      const { team, membership } = await scene();
      const input = await row.input(membership, team);
      await listener.received();
      const { data, problem } = await callProcedure(await sessionOf(team.ownerKey), id, input);
      expect(problem).toBeNull();
      const made = id === 'createMember' ? await newestMember(team) : '';
      const memberships = { member: [membership.id], owner: [team.ownerId], none: [], anybody: null, new: [made] };
      const expected = Object.fromEntries(
        Object.entries(row.published).map(([noun, whose]) => [noun, memberships[whose]]),
      );
      expect(await listener.receivedOf(team.teamId), JSON.stringify(data)).toEqual(expected);
    },
  );

  it('by the operator or a job is published too', async () => {
    const { team, membership } = await scene();
    await listener.received();
    await fundTeam(team.operator, { amount: micros('5') });
    expect(await listener.receivedOf(team.teamId)).toEqual({ transfers: [], members: [], team: [] });
    await withdrawFromTeam(team.operator, { amount: micros('1000') });
    expect(await listener.receivedOf(team.teamId)).toEqual({ transfers: [], members: [], team: [] });
    const thirsty = await addMember(team, { recharge: { threshold: '2', target: '5' } });
    await listener.received();
    await fundTeam(team.operator, { amount: micros('50') });
    await listener.received();
    expect(await serveWaiting(team.operator)).toBe(1);
    expect(await listener.receivedOf(team.teamId)).toEqual({ transfers: [thirsty.id], members: [thirsty.id] });
    const sent = await Promise.all(
      [membership, thirsty].map(({ id }) => sendMessage(team.operator, { onBehalfOf: id, message })),
    );
    const [delivered, failed] = sent.map((one) => ('id' in one ? one.id : '')) as [string, string];
    await listener.received();
    await reportMessages(team.operator, [
      { id: delivered, status: 'delivered' },
      { id: failed, status: 'failed' },
    ]);
    const both = [membership.id, thirsty.id].toSorted();
    expect(await listener.receivedOf(team.teamId)).toEqual({
      messages: both,
      transfers: [thirsty.id],
      members: [thirsty.id],
    });
    await reportMessages(team.operator, [{ id: delivered, status: 'delivered' }]);
    expect(await listener.received()).toEqual([]);
  });

  it('is published to every member when an owner is deactivated or deleted, who may have been the last one', async () => {
    const { team, membership } = await scene();
    await setRole(team.operator, { memberId: membership.id, role: 'owner' });
    await listener.received();
    await deactivateMember(team.operator, membership.id);
    expect(await listener.receivedOf(team.teamId)).toEqual({ members: [membership.id], team: null });
    await deleteMember(team.operator, membership.id);
    expect(await listener.receivedOf(team.teamId)).toMatchObject({ team: null });
  });

  it('is published despite a refusal for lack of money when a waiting rule was stored', async () => {
    const team = await makeTeam({ fund: '2' });
    const membership = await addMember(team, { credit: '2' });
    const { operator } = team;
    await callProcedure(await sessionOf(team.ownerKey), 'setRecharge', {
      memberId: membership.mem,
      threshold: '1.99',
      target: '9',
    });
    await listener.received();
    await sendMessage(operator, { onBehalfOf: membership.id, message: { ...message, body: 'x'.repeat(1600) } });
    await sendMessage(operator, {
      onBehalfOf: membership.id,
      message: { ...message, to: '+4915112345678', body: 'x'.repeat(1600) },
    });
    expect(await listener.receivedOf(team.teamId)).toMatchObject({ members: [membership.id] });
  });
});

async function newestMember(team: TestTeam): Promise<string> {
  const found = await ownerPool().query<{ id: string }>(
    'SELECT id FROM members WHERE team_id = $1 ORDER BY id DESC LIMIT 1',
    [team.teamId],
  );
  return found.rows[0]!.id;
}

describe('no notification', () => {
  it('is published for a dry run, a refusal, a change of nothing, or a rollback', async () => {
    const { team, membership } = await scene();
    const owner = await sessionOf(team.ownerKey);
    await listener.received();
    await callProcedure(owner, 'creditMember', { memberId: membership.mem, amount: '1', dryRun: true });
    await callProcedure(owner, 'debitMember', { memberId: membership.mem, amount: '99' });
    await callProcedure(owner, 'activateMember', { memberId: membership.mem });
    await callProcedure(owner, 'createMember', { credit: '99999' });
    expect(await listener.received()).toEqual([]);
  });
});

describe('a notification', () => {
  it('is published before a process ends that stops at once', async () => {
    const { team, membership } = await scene();
    await listener.received();
    const { close, ...other } = openServices(1);
    await creditMember(makeContext(other, team.operator.actor), { memberId: membership.id, amount: micros('1') });
    await flushChanges(other.database.pool);
    await close();
    expect(await listener.receivedOf(team.teamId)).toEqual({ transfers: [membership.id], members: [membership.id] });
  });

  it('delays nothing: changes of one moment share a notification, and an ended pool publishes none', async () => {
    const { team, membership } = await scene();
    await listener.received();
    for (let i = 0; i < 20; i += 1)
      await creditMember(team.operator, { memberId: membership.id, amount: micros('0.01') });
    expect((await listener.received()).length).toBeLessThan(10);
    const { close, ...other } = openServices(1);
    await close();
    announce(other.database.pool, team.teamId, new Map([['team', null]]));
    announceAll(other.database.pool);
    await flushChanges(other.database.pool);
    expect(await listener.received()).toEqual([]);
  });

  it('is published once the database is back, for any number of teams', async () => {
    const { close, ...other } = openServices(1);
    const { pool } = other.database;
    const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
    const away = () => Promise.reject(new Error('away'));
    Object.assign(pool, { query: away });
    const [team, membership] = [newUuid7(), newUuid7()];
    announce(pool, team, new Map([['members', new Set([membership])]]));
    await flushChanges(pool);
    announce(pool, team, new Map([['messages', new Set([membership])]]));
    Object.assign(pool, { query });
    await flushChanges(pool);
    expect(await listener.receivedOf(team)).toEqual({ members: [membership], messages: [membership] });
    for (let i = 0; i < 1_001; i += 1) announce(pool, newUuid7(), new Map([['team', null]]));
    await flushChanges(pool);
    expect(await listener.received()).toEqual([null]);
    await close();
  });

  it('fits into the limit of Postgres: many members become “any”, many teams several notifications', () => {
    const many = (count: number): Touched => {
      const touched: Touched = new Map();
      touch(
        touched,
        'members',
        Array.from({ length: count }, () => newUuid7()),
      );
      return touched;
    };
    const [large] = printChanges(new Map([['00000000-0000-7000-8000-000000000001', many(101)]]));
    expect(readNotification(large!)?.changes?.[0]?.members).toBeNull();
    const teams = new Map(Array.from({ length: 40 }, () => [newUuid7(), many(100)] as const));
    const words = printChanges(teams);
    for (const word of words) expect(Buffer.byteLength(word)).toBeLessThan(7_950);
    const changes = words.flatMap((word) => readNotification(word)!.changes!);
    expect(changes.map(({ team }) => team)).toEqual([...teams.keys()]);
    expect(changes.every(({ members }) => members?.length === 100)).toBe(true);
    expect(new Set(words.map((word) => readNotification(word)!.id)).size).toBe(words.length);
  });
});
