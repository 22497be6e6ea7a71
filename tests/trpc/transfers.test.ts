import { describe, expect, it } from 'vitest';
import { useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam } from '../support/team';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

type Row = { id: string; kind: string; member: { id: string; name: string } | null; [field: string]: unknown };

const browse = async (key: string, input: object = {}): Promise<{ data: Row[]; nextCursor: string | null }> => {
  const { data, problem } = await callProcedure(await sessionOf(key), 'browseTransfers', input);
  expect(problem).toBeNull();
  return data;
};

/** Creates two members, Ann and Ben, with interleaved transfers of several kinds. */
async function made() {
  const team = await makeTeam();
  const ann = await addMember(team, { name: 'Ann', credit: '5', recharge: { threshold: '4.995', target: '5' } });
  const ben = await addMember(team, { name: 'Ben', credit: '3' });
  const owner = as(team.ownerKey);
  await as(ann.key).post('/messages', message);
  await as(ben.key).post('/messages', message);
  await owner.post(`/members/${ann.mem}/debit`, { amount: '1', note: 'secret', noteForMember: 'for Ann' });
  await owner.post(`/members/${ben.mem}/credit`, { amount: '2' });
  await owner.delete(`/members/${ben.mem}`);
  return { team, ann, ben, owner };
}

let world: ReturnType<typeof made> | undefined;
const shared = () => (world ??= made());

const printRows = ({ data }: { data: Row[] }): string[] =>
  data.map(({ kind, member }) => `${kind} ${member?.name ?? '-'}`);

const ALL = [
  'closing Ben',
  'credit Ben',
  'debit Ann',
  'charge Ben',
  'charge Ann',
  'recharge Ann',
  'credit Ben',
  'credit Ann',
  'funding -',
];

describe('the page of transfers', () => {
  it('shows an owner every transfer, newest first, with the member’s name', async () => {
    const { team, owner } = await shared();
    const page = await browse(team.ownerKey);
    expect(printRows(page)).toEqual(ALL);
    const plain = (await owner.get('/transfers')).body.data;
    expect(page.data).toEqual(plain.map((transfer: Row, i: number) => ({ ...transfer, member: page.data[i]!.member })));
  });

  it.each([
    [['Ann'], undefined, (row: string) => row.endsWith('Ann')],
    [['Ann', 'Ben'], undefined, (row: string) => !row.endsWith('-')],
    [['Ann', 'Ann'], undefined, (row: string) => row.endsWith('Ann')],
    [undefined, ['credit', 'debit'], (row: string) => /^(credit|debit)/.test(row)],
    [undefined, ['credit', 'credit'], (row: string) => row.startsWith('credit')],
    [['Ann', 'Ben'], ['charge', 'recharge'], (row: string) => /^(re)?charge/.test(row)],
    [['Ben'], ['recharge'], () => false],
  ])('filters by the members %j and the kinds %j', async (people, kind, expected) => {
    const { team, ann, ben } = await shared();
    const mems: Record<string, string> = { Ann: ann.mem, Ben: ben.mem };
    const memberId = people?.map((name) => mems[name]!);
    expect(printRows(await browse(team.ownerKey, { memberId, kind }))).toEqual(ALL.filter(expected));
  });

  it('pages without missing or repeating one, whatever the filter', async () => {
    const { team, ann, ben } = await shared();
    for (const filter of [{}, { memberId: [ann.mem, ben.mem] }, { kind: ['charge', 'credit', 'debit'] }]) {
      const whole = (await browse(team.ownerKey, { ...filter, limit: 100 })).data;
      const paged: Row[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await browse(team.ownerKey, { ...filter, limit: 2, cursor: cursor ?? undefined });
        paged.push(...page.data);
        cursor = page.nextCursor;
      } while (cursor);
      expect(paged).toEqual(whole);
    }
  });

  it('filters by time: from is inclusive, to is exclusive', async () => {
    const { team } = await shared();
    const all = (await browse(team.ownerKey)).data;
    const [to, from] = [all[2]!['createdAt'] as string, all[5]!['createdAt'] as string];
    const inside = all.filter((row) => (row['createdAt'] as string) >= from && (row['createdAt'] as string) < to);
    expect((await browse(team.ownerKey, { from, to })).data).toEqual(inside);
    expect(inside.length).toBeGreaterThan(0);
  });

  it('shows a member only its own transfers, with its own figures and its own note', async () => {
    const { ann, ben } = await shared();
    const page = await browse(ann.key);
    expect(printRows(page)).toEqual(ALL.filter((row) => row.endsWith('Ann')));
    expect(page.data[0]).toMatchObject({ note: 'for Ann', actor: { id: null }, balanceAfter: { member: '4.00' } });
    expect(JSON.stringify(page)).not.toMatch(/secret|"master":|First Owner/);
    expect((await browse(ann.key, { memberId: [ben.mem] })).data).toEqual([]);
    expect(printRows(await browse(ann.key, { kind: ['debit', 'recharge'] }))).toEqual(['debit Ann', 'recharge Ann']);
  });

  it('refuses cursors of other lists', async () => {
    const { team, ann } = await shared();
    const { nextCursor } = await browse(team.ownerKey, { limit: 1 });
    for (const [key, input] of [
      [team.ownerKey, { kind: ['credit'] }],
      [ann.key, {}],
    ] as const) {
      const { problem } = await callProcedure(await sessionOf(key), 'browseTransfers', {
        ...input,
        cursor: nextCursor,
      });
      expect(problem?.code).toBe('invalid_cursor');
    }
  });
});
