import { describe, expect, it } from 'vitest';
import type { MemberActor } from '@/server/domain/core/actor';
import type { ErrorCode } from '@/server/domain/core/errors';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { rowsOf, useApi } from '../support/api-client';
import { callProcedure, idFieldsOf, listPageProcedures, sessionOf, type Result } from '../support/procedures';
import { addMember, makeTeam, someAddress, type TestMember, type TestTeam } from '../support/team';

const as = useApi();

const CARD = 'country,prefix,price\n,1,0.01\n';

type Row = {
  /**
   * The outcome for a member's own data, and for another member's (null: the input names no member); an owner is
   * answered.
   */
  own: 'answers' | ErrorCode;
  other: 'answers' | ErrorCode | null;
  /** The fields in which an id or a cursor can stand. */
  ids: string[];
  /** The input about a member, its message, or an invitation. */
  input: (mem: string, msg: string, inv: string) => object;
  /** The answer of a filter without matches, where an id is a filter. */
  nothing?: object;
};

/**
 * Every procedure that only serves a page, with its permissions and the fields for ids. A new one fails until it has a
 * row here.
 */
const ROWS: Record<string, Row> = {
  browseMembers: { own: 'answers', other: null, ids: [], input: () => ({}) },
  pickMembers: { own: 'answers', other: null, ids: [], input: () => ({}) },
  browseTransfers: {
    own: 'answers',
    other: 'answers',
    ids: ['cursor', 'memberId'],
    input: (memberId) => ({ memberId }),
    nothing: { data: [], nextCursor: null },
  },
  previewRecharge: {
    own: 'owner_required',
    other: 'owner_required',
    ids: ['memberId'],
    input: (memberId) => ({ memberId, threshold: '1', target: '9' }),
  },
  previewRates: { own: 'owner_required', other: null, ids: [], input: () => ({ csv: CARD }) },
  importRates: { own: 'owner_required', other: null, ids: [], input: () => ({ csv: CARD }) },
  getShell: { own: 'answers', other: null, ids: [], input: () => ({}) },
  getOverview: { own: 'owner_required', other: null, ids: [], input: () => ({}) },
  fundSandbox: { own: 'owner_required', other: null, ids: [], input: () => ({ amount: '1' }) },
  pickActors: { own: 'owner_required', other: null, ids: [], input: () => ({}) },
  browseUsage: {
    own: 'answers',
    other: 'answers',
    ids: ['memberId'],
    input: (memberId) => ({ memberId, groupBy: 'member' }),
    nothing: { data: [], groups: 0, total: { now: { messages: 0 } } },
  },
  getMemberRow: { own: 'answers', other: 'not_found', ids: ['memberId'], input: (memberId) => ({ memberId }) },
  browseMessages: {
    own: 'answers',
    other: 'answers',
    ids: ['cursor', 'memberId'],
    input: (memberId) => ({ memberId }),
    nothing: { data: [], older: null, top: null, newer: null },
  },
  browseFacets: {
    own: 'answers',
    other: 'answers',
    ids: ['memberId'],
    input: (memberId) => ({ memberId }),
    nothing: { total: 0, statuses: [], countries: [] },
  },
  previewExport: {
    own: 'answers',
    other: 'answers',
    ids: ['memberId'],
    input: (memberId) => ({ memberId }),
    nothing: { rows: 0 },
  },
  browseInvitations: { own: 'owner_required', other: null, ids: [], input: () => ({}) },
  openLink: {
    own: 'owner_required',
    other: null,
    ids: ['invitationId'],
    input: (_mem, _msg, invitationId) => ({ invitationId }),
  },
  pickSenders: { own: 'answers', other: null, ids: [], input: () => ({}) },
  previewMessages: {
    own: 'owner_required',
    other: 'owner_required',
    ids: ['onBehalfOf'],
    input: (onBehalfOf) => ({ onBehalfOf, body: 'Hello', to: ['+14155550100'] }),
  },
  inspectMessage: {
    own: 'answers',
    other: 'not_found',
    ids: ['messageId'],
    input: (_mem, messageId) => ({ messageId }),
  },
};

const table = Object.entries(ROWS).map(([id, row]) => ({ id, ...row }));

/** Ids that no object has. */
const NEVER = [printId('mem', newUuid7()), printId('msg', newUuid7()), printId('inv', newUuid7())] as const;

type World = {
  team: TestTeam;
  membership: TestMember & { msg: string; inv: string };
  owner: MemberActor;
  member: MemberActor;
};

async function world(): Promise<World> {
  const team = await makeTeam();
  const made = await addMember(team, { credit: '5', recharge: { threshold: '1', target: '5' } });
  const membership = await withMessage(made, team);
  return { team, membership, owner: await sessionOf(team.ownerKey), member: await sessionOf(membership.key) };
}

async function withMessage(membership: TestMember, team: TestTeam): Promise<TestMember & { msg: string; inv: string }> {
  const sent = await as(membership.key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hello' });
  const invited = await as(team.ownerKey).post('/invitations', { email: someAddress() });
  return { ...membership, msg: sent.body.id, inv: invited.body.id };
}

let worlds: Promise<[World, World]> | undefined;
const two = () => (worlds ??= Promise.all([world(), world()]));

function expectOutcome({ data, problem }: Result, outcome: 'answers' | ErrorCode): void {
  expect(problem?.code ?? 'answers', JSON.stringify(problem ?? data)).toBe(outcome);
}

const tellable = ({ data, problem }: Result): object => (problem ? { ...problem, requestId: '…' } : { data });

describe('the table of page procedures', () => {
  it('has a row for every procedure of the pages, with every field in it where an id can stand', async () => {
    const found: Record<string, string[]> = {};
    for (const procedure of listPageProcedures()) found[procedure.id] = (await idFieldsOf(procedure)).toSorted();
    expect(Object.fromEntries(table.map(({ id, ids }) => [id, ids.toSorted()]))).toEqual(found);
  });
});

describe.each(table)('$id', ({ id, own, other, ids, input, nothing }) => {
  it('answers an owner, and a member by the product’s rules', async () => {
    const [{ membership, owner, member, team }] = await two();
    const { mem, msg, inv } = await withMessage(await addMember(team, { credit: '1' }), team);
    expectOutcome(await callProcedure(member, id, input(membership.mem, membership.msg, membership.inv)), own);
    if (other !== null) expectOutcome(await callProcedure(member, id, input(mem, msg, inv)), other);
    expectOutcome(await callProcedure(owner, id, input(membership.mem, membership.msg, membership.inv)), 'answers');
  });

  it('refuses a visitor', async () => {
    const [{ membership }] = await two();
    expectOutcome(await callProcedure(null, id, input(membership.mem, membership.msg, membership.inv)), 'missing_key');
  });

  it.skipIf(ids.length === 0)('answers the ids of another team like unknown ids', async () => {
    const [here, there] = await two();
    const before = await rowsOf(there.team);
    for (const actor of [here.owner, here.member]) {
      const foreign = await callProcedure(
        actor,
        id,
        input(there.membership.mem, there.membership.msg, there.membership.inv),
      );
      const never = await callProcedure(actor, id, input(...NEVER));
      expect(tellable(foreign)).toEqual(tellable(never));
      if (nothing && foreign.data) expect(foreign.data).toMatchObject(nothing);
      else expect(foreign.problem).not.toBeNull();
      if (nothing && actor === here.owner) expect(foreign.data).toMatchObject(nothing);
    }
    expect(await rowsOf(there.team)).toEqual(before);
  });
});
