import { describe, expect, it } from 'vitest';
import { MEMBER_SORTS } from '@/server/domain/teams/members/rules';
import { useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam, ownerPool, type TestTeam } from '../support/team';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

type MemberRow = { id: string; name: string; [field: string]: unknown };

async function browse(team: TestTeam, input: object = {}): Promise<{ data: MemberRow[]; total: number; all: number }> {
  const { data, problem } = await callProcedure(await sessionOf(team.ownerKey), 'browseMembers', input);
  expect(problem).toBeNull();
  return data;
}

const names = (page: { data: MemberRow[] }): string[] => page.data.map(({ name }) => name);

/** Creates a team with members that differ in everything that a page sorts or filters by. */
async function crowd() {
  const team = await makeTeam();
  const one = await addMember(team, { name: 'Ärger', email: 'b@example.test', credit: '3', externalId: 'Ext-Ünique' });
  const two = await addMember(team, { name: 'apple 10', credit: '5', recharge: { threshold: '1', target: '2' } });
  const ten = await addMember(team, { name: 'Apple 2', credit: '0.5', recharge: { threshold: '1', target: '100000' } });
  const off = await addMember(team, { name: 'zoë', recharge: { enabled: false, threshold: '1', target: '2' } });
  const idle = await addMember(team, { name: 'Борис', recharge: { threshold: '1', target: '2' } });
  const gone = await addMember(team, { name: 'gone' });
  await as(team.ownerKey).post(`/members/${idle.mem}/deactivate`);
  await as(team.ownerKey).delete(`/members/${gone.mem}`);
  for (let i = 0; i < 3; i += 1) await as(two.key).post('/messages', message);
  await as(one.key).post('/messages', { ...message, to: '+4915112345678' });
  return { team, one, two, ten, off, idle, gone };
}

let made: ReturnType<typeof crowd> | undefined;
const shared = () => (made ??= crowd());

describe('the page of members', () => {
  it('sorts by name at first, in the order of any script, without deleted members', async () => {
    const { team } = await shared();
    const page = await browse(team);
    expect(names(page)).toEqual(['Apple 2', 'apple 10', 'Ärger', 'First Owner', 'zoë', 'Борис']);
    expect([page.total, page.all]).toEqual([6, 6]);
    expect(names(await browse(team, { direction: 'desc' }))).toEqual(names(page).toReversed());
  });

  it('shows each member’s usage of 30 days, the source of its address, its user, and whether it can be restored', async () => {
    const { team, one, two, gone } = await shared();
    const { data } = await browse(team, { status: ['active', 'deleted'] });
    const of = (mem: string) => data.find(({ id }) => id === mem)!;
    expect(of(two.mem)).toMatchObject({ usage: { messages: 3, cost: '0.03' }, emailGenerated: true, signsIn: false });
    expect(of(one.mem)).toMatchObject({ usage: { messages: 1, cost: '0.10' }, emailGenerated: false, balance: '2.90' });
    expect(data.find(({ name }) => name === 'First Owner')).toMatchObject({ signsIn: true, restorableUntil: null });
    const end = Date.parse(of(gone.mem)['deletedAt'] as string) + 14 * 86_400_000;
    expect(of(gone.mem)).toMatchObject({ status: 'deleted', restorableUntil: new Date(end).toISOString() });
  });

  it('no longer offers a restore once it is too late', async () => {
    const team = await makeTeam();
    const { mem, id } = await addMember(team);
    await as(team.ownerKey).delete(`/members/${mem}`);
    await ownerPool().query(
      "UPDATE members SET deleted_at = deleted_at - interval '14 days' WHERE team_id = $1 AND id = $2",
      [team.teamId, id],
    );
    expect((await browse(team, { status: ['deleted'] })).data).toMatchObject([{ id: mem, restorableUntil: null }]);
  });

  it('counts only the last 30 UTC days, today among them, also for sorting', async () => {
    const team = await makeTeam();
    const [old, fresh] = [await addMember(team, { name: 'Old' }), await addMember(team, { name: 'Fresh' })];
    const sent: [string, number, number][] = [
      [old.id, 0, 1],
      [old.id, 29, 10],
      [old.id, 30, 100],
      [fresh.id, 0, 50],
    ];
    for (const [id, daysAgo, messages] of sent) {
      await ownerPool().query(
        `INSERT INTO usage_daily (team_id, member_id, day, country, messages, segments, cost)
         VALUES ($1, $2, (now() AT TIME ZONE 'UTC')::date - $3::int, 'US', $4::int, $4::int, $4::int)`,
        [team.teamId, id, daysAgo, messages],
      );
    }
    for (const sort of ['messages', 'cost']) {
      const { data } = await browse(team, { sort, direction: 'desc', role: 'member' });
      expect(data, sort).toMatchObject([
        { name: 'Fresh', usage: { messages: 50 } },
        { name: 'Old', usage: { messages: 11, cost: '0.000011' } },
      ]);
    }
    await ownerPool().query('DELETE FROM usage_daily WHERE team_id = $1', [team.teamId]);
  });

  it.each([
    [{ query: 'ÄRG' }, ['Ärger']],
    [{ query: 'b@EXAMPLE' }, ['Ärger']],
    [{ query: 'ext-ünique' }, ['Ärger']],
    [{ query: 'БОР' }, ['Борис']],
    [{ query: '%' }, []],
    [{ query: '_' }, []],
    [{ status: ['inactive'] }, ['Борис']],
    [{ status: ['deleted'] }, ['gone']],
    [{ status: ['inactive', 'deleted'] }, ['gone', 'Борис']],
    [{ role: 'owner' }, ['First Owner']],
    [{ recharge: 'none' }, ['Ärger', 'First Owner']],
    [{ recharge: 'ready' }, ['apple 10']],
    [{ recharge: 'waiting' }, ['Apple 2']],
    [{ recharge: 'paused' }, ['Борис']],
    [{ recharge: 'off' }, ['zoë']],
    [{ recharge: 'off', role: 'owner' }, []],
    [{ recharge: 'none', query: 'owner' }, ['First Owner']],
  ])('filters by %j', async (input, expected) => {
    const page = await browse((await shared()).team, input);
    expect(names(page)).toEqual(expected);
    expect([page.total, page.all]).toEqual([expected.length, 6]);
  });

  it('shows the state of a rule like the member’s own page', async () => {
    const { team } = await shared();
    for (const recharge of ['ready', 'waiting', 'paused', 'off'] as const) {
      const { data } = await browse(team, { recharge });
      expect(data.map((member) => (member['recharge'] as { state: string }).state)).toEqual([recharge]);
    }
  });

  it('finds a member by its whole id and by the end of its active key, case-sensitively', async () => {
    const { team, ten, gone } = await shared();
    expect(names(await browse(team, { query: ten.mem }))).toEqual(['Apple 2']);
    expect(names(await browse(team, { query: ten.mem.slice(0, -1) }))).toEqual([]);
    expect(names(await browse(team, { query: ten.key.slice(-4) }))).toContain('Apple 2');
    expect(names(await browse(team, { query: gone.key.slice(-4), status: ['deleted'] }))).toEqual([]);
  });

  it.each(MEMBER_SORTS)('sorts by %s in both directions, in pages that miss and repeat nobody', async (sort) => {
    const { team } = await shared();
    const all = (await browse(team, { sort, pageSize: 100 })).data;
    const keys = all.map((member) => keyOf(member, sort));
    const known = keys.filter((key) => key !== null);
    // Members that never used a key come last, in either direction.
    expect(keys.slice(0, known.length)).toEqual(known);
    if (sort !== 'name') expect(known).toEqual(known.toSorted(ascending));
    const back = (await browse(team, { sort, direction: 'desc', pageSize: 100 })).data.map((s) => keyOf(s, sort));
    expect(back.filter((key) => key !== null)).toEqual(known.toReversed());
    expect(back.slice(0, known.length)).toEqual(known.toReversed());
    const paged: MemberRow[] = [];
    for (let page = 1; page <= 3; page += 1) paged.push(...(await browse(team, { sort, page, pageSize: 2 })).data);
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });

  it('is empty past its end, and shows the total', async () => {
    expect(await browse((await shared()).team, { page: 9 })).toEqual({ data: [], total: 6, all: 6 });
  });

  it.each([{ page: 0 }, { pageSize: 0 }, { pageSize: 101 }, { sort: 'age' }, { status: ['dead'] }, { page: 1.5 }])(
    'refuses %j',
    async (input) => {
      const { team } = await shared();
      const { problem } = await callProcedure(await sessionOf(team.ownerKey), 'browseMembers', input);
      expect(problem?.code).toBe('invalid_request');
    },
  );

  it('shows a member only itself, also when it searches for others', async () => {
    const { two } = await shared();
    const session = await sessionOf(two.key);
    const { data } = await callProcedure(session, 'browseMembers', {});
    expect([names(data), data.total, data.all]).toEqual([['apple 10'], 1, 1]);
    for (const query of ['owner', 'Ärger']) {
      expect((await callProcedure(session, 'browseMembers', { query })).data).toEqual({ data: [], total: 0, all: 1 });
    }
    expect((await callProcedure(session, 'pickMembers', {})).data.data).toHaveLength(1);
  });
});

const ascending = (a: bigint | string, b: bigint | string): number => (a < b ? -1 : a > b ? 1 : 0);

function keyOf(member: MemberRow, sort: string): bigint | string | null {
  const { usage, apiKey } = member as unknown as {
    usage: { messages: number; cost: string };
    apiKey: MemberRow | null;
  };
  const micros = (text: string) => BigInt(Math.round(Number(text) * 1e6));
  if (sort === 'messages') return BigInt(usage.messages);
  if (sort === 'cost') return micros(usage.cost);
  if (sort === 'balance') return micros(member['balance'] as string);
  if (sort === 'lastUsedAt') return (apiKey?.['lastUsedAt'] as string | undefined) ?? null;
  return member[sort] as string;
}

describe('a single member', () => {
  it('is the same as on the page', async () => {
    const { team, two } = await shared();
    const { data } = await callProcedure(await sessionOf(team.ownerKey), 'getMemberRow', { memberId: two.mem });
    const page = await browse(team, { query: two.mem });
    expect(data).toEqual(page.data[0]);
  });
});

describe('a selection over all pages', () => {
  it('holds every member that the page would show, with the fields that the actions need', async () => {
    const { team, one } = await shared();
    const { data } = await callProcedure(await sessionOf(team.ownerKey), 'pickMembers', { status: ['active'] });
    expect(data.total).toBe(5);
    expect(names(data)).toEqual(names(await browse(team, { status: ['active'] })));
    expect(data.data.find(({ id }: MemberRow) => id === one.mem)).toEqual({
      id: one.mem,
      name: 'Ärger',
      status: 'active',
      role: 'member',
      balance: '2.90',
    });
  });
});
