import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvResponse, printCsv } from '@/server/http/csv';
import { addMember, makeTeam } from '../support/team';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { expectProblem, rowsOf, useApi } from '../support/api-client';
import { listOperations, listTables } from '../support/operations';
import { shapeOf } from '../support/procedures';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const rowsIn = (text: string): Record<string, string>[] => parse(text, { columns: true });

describe('GET /messages.csv', () => {
  it('exports every message that the filter matches, beyond any page, as the list shows them', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const { mem, key } = await addMember(team, { credit: '50' });
    const messages = Array.from({ length: 1000 }, (_, i) => ({ ...message, reference: `r${i}` }));
    await as(key).post('/messages/batch', { messages });
    await as(key).post('/messages/batch', { messages: messages.slice(0, 234) });
    await owner.post('/messages', message);
    const answer = await owner.get(`/messages.csv?memberId=${mem}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="messages.csv"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const rows = rowsIn(answer.text);
    expect(rows).toHaveLength(1234);
    const listed = (await owner.get(`/messages?memberId=${mem}&limit=100`)).body.data;
    expect(rows.slice(0, 100)).toEqual(
      listed.map((message: Record<string, string | number | null>) => {
        const cells = Object.entries(message).map(([name, value]) => [name, value === null ? '' : String(value)]);
        const { error: _, ...row } = Object.fromEntries(cells) as Record<string, string>;
        return { ...row, errorCode: '', errorDetail: '' };
      }),
    );
    expect((await owner.get('/messages.csv?reference=r7')).text.split('\r\n')).toHaveLength(4);
  });

  it('quotes values by the rules of CSV, and disarms formulas', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const bodies = ['=1+1', '+49', '-1', '@SUM(A1)', '\tx', 'a "b", c', 'two\r\nlines', 'Grüße ✓'];
    for (const body of bodies) await owner.post('/messages', { ...message, body, reference: '=cmd' });
    const rows = rowsIn((await owner.get('/messages.csv')).text).toReversed();
    expect(rows.map(({ body }) => body)).toEqual(bodies.map((body) => (/^[=\-@\t]/.test(body) ? `'${body}` : body)));
    expect(rows.map(({ to, reference }) => [to, reference])).toEqual(bodies.map(() => [message.to, "'=cmd"]));
  });

  it('is a header alone when nothing matches, only a member’s own messages for a member, and refuses the list’s invalid filters', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { key } = await addMember(team, { credit: '1' });
    await owner.post('/messages', message);
    expect((await as(key).get('/messages.csv')).text).toMatch(/^id,memberId,to,[^\r\n]*\r\n$/);
    await as(key).post('/messages', message);
    expect(rowsIn((await as(key).get('/messages.csv')).text)).toHaveLength(1);
    expectProblem(await owner.get('/messages.csv?colour=red'), 'invalid_request');
    expectProblem(await as(null).get('/messages.csv'), 'missing_key');
    const head = await owner.call('HEAD', '/messages.csv');
    expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', 'text/csv; charset=utf-8']);
  });
});

describe('a CSV stream', () => {
  const columns = { n: (row: number) => row };

  it('produces a chunk only once the previous one was read, and stops when the client disconnects', async () => {
    const made: string[] = [];
    let ended = false;
    async function* pages() {
      try {
        for (let i = 0; ; i += 1) {
          made.push(`page ${i}`);
          yield [i];
        }
      } finally {
        ended = true;
      }
    }
    const response = await csvResponse('numbers.csv', { columns, pages: pages() }, 'program');
    const reader = response.body!.getReader();
    await reader.read();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made.length).toBeLessThanOrEqual(4);
    await reader.cancel();
    expect(ended).toBe(true);
  });

  it('aborts when a later page fails, and throws when the first page fails', async () => {
    async function* pages(good: number) {
      for (let i = 0; i < good; i += 1) yield [i];
      throw new Error('away');
    }
    await expect(csvResponse('numbers.csv', { columns, pages: pages(0) }, 'program')).rejects.toThrow('away');
    const response = await csvResponse('numbers.csv', { columns, pages: pages(2) }, 'program');
    await expect(response.text()).rejects.toThrow('away');
  });
});

describe('GET /reports/usage.csv', () => {
  it('exports the rows of the report', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem, key } = await addMember(team, { credit: '1' });
    await as(key).post('/messages', message);
    for (const groupBy of ['member', 'day', 'country']) {
      const { data } = (await owner.get(`/reports/usage?groupBy=${groupBy}`)).body;
      const rows = rowsIn((await owner.get(`/reports/usage.csv?groupBy=${groupBy}`)).text);
      expect(rows).toEqual(
        data.map((row: object) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
        ),
      );
      expect(rows).toHaveLength(1);
    }
    const { text } = await owner.get('/reports/usage.csv?groupBy=member');
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'memberId,messages,segments,delivered,failed,cost',
      `${mem},1,1,0,0,0.01`,
    ]);
  });
});

describe('content negotiation', () => {
  const JSON_ONLY = [
    'application/json, text/csv;q=0.1',
    '*/*',
    'application/*',
    'text/csv;q=0, */*;q=0.1',
    '',
    ';;;',
    'text/html, application/json;q=0.001',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;q=high',
  ];
  const NOT_JSON = [
    'text/csv',
    'application/json;q=0',
    'application/json;q=0, */*',
    '*/*;q=0',
    'text/*',
    'application/*;q=0, text/csv',
    'application/xml',
  ];

  it('answers JSON when the client accepts it among others, and 406 when the client excludes it', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    for (const { path } of listOperations().filter(({ method, path }) => method === 'GET' && !path.includes('{'))) {
      for (const accept of JSON_ONLY) {
        const answer = await owner.get(path, { headers: { Accept: accept } });
        expect([answer.status, answer.headers.get('content-type')], `${path} for ${accept}`).toEqual([
          200,
          'application/json',
        ]);
      }
      for (const accept of NOT_JSON)
        expectProblem(await owner.get(path, { headers: { Accept: accept } }), 'not_acceptable');
    }
    expectProblem(await as(null).get('/openapi.json', { headers: { Accept: 'text/csv' } }), 'not_acceptable');
    expect((await as(null).get('/openapi.json', { headers: { Accept: '*/*' } })).status).toBe(200);
  });

  it('answers 406 before anything is changed', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const before = await rowsOf(team);
    for (const { method, path } of listOperations().filter(({ method }) => method !== 'GET')) {
      if (path.includes('{')) continue;
      expectProblem(await owner.call(method, path, { body: {}, headers: { Accept: 'text/csv' } }), 'not_acceptable');
    }
    expect(await rowsOf(team)).toEqual(before);
  });

  it.each(listTables())('$path answers CSV only', async ({ path }) => {
    const owner = as((await makeTeam()).ownerKey);
    for (const accept of ['text/csv', 'text/*', '*/*', 'application/json, text/csv;q=0.1', '']) {
      const answer = await owner.get(path, { headers: { Accept: accept } });
      expect([answer.status, answer.headers.get('content-type')], accept).toEqual([200, 'text/csv; charset=utf-8']);
    }
    for (const accept of ['application/json', 'text/csv;q=0', 'text/csv;q=0, */*']) {
      expectProblem(await owner.get(path, { headers: { Accept: accept } }), 'not_acceptable');
    }
  });
});

describe('every CSV export', () => {
  const headerOf = (text: string) => text.split('\r\n')[0]!;

  it.each(listTables())('$id takes the filters of its list, but no paging', async ({ id, path, input }) => {
    const list = listOperations().find((one) => `${one.path}.csv` === path)!;
    const names = Object.keys(shapeOf(list.input)).filter((name) => name !== 'limit' && name !== 'cursor');
    expect(Object.keys(shapeOf(input)).toSorted(), id).toEqual(names.toSorted());
    const owner = as((await makeTeam()).ownerKey);
    expectProblem(await owner.get(`${path}?limit=1`), 'invalid_request');
  });

  it.each(listTables())(
    '$id holds nothing of another team, and only a member’s own rows for its key',
    async ({ path, input, errors }) => {
      const [team, other] = [await makeTeam(), await makeTeam()];
      const [ann, theirs] = [await addMember(team, { credit: '5' }), await addMember(other, { credit: '5' })];
      for (const one of [ann, theirs]) await as(one.key).post('/messages', message);
      const owner = as(team.ownerKey);
      expectProblem(await as(null).get(path), 'missing_key');
      if ('memberId' in shapeOf(input)) {
        for (const mem of [theirs.mem, printId('mem', newUuid7())]) {
          const { text } = await owner.get(`${path}?memberId=${mem}`);
          expect(text).toBe(`${headerOf(text)}\r\n`);
        }
      }
      expect((await owner.get(path)).text).not.toContain(theirs.mem);
      const own = await as(ann.key).get(path);
      if (errors.includes('owner_required')) return void expectProblem(own, 'owner_required');
      expect(own.text).not.toContain(team.ownerId);
      expect(own.text).not.toContain(printId('mem', team.ownerId));
    },
  );

  it('exports the rows of its list: members, transfers, rates and events', async () => {
    const team = await makeTeam();
    await addMember(team, { name: 'Ann', externalId: 'a-1', credit: '5' });
    const ben = await addMember(team, { name: 'Ben' });
    const owner = as(team.ownerKey);
    const ids = async (path: string, query: string) =>
      (await owner.get(`${path}?${query}`)).body.data.map(({ id }: { id: string }) => id);
    for (const [path, query] of [
      ['/members', 'status=active'],
      ['/members', 'externalId=a-1'],
      ['/members', 'query=ben'],
      ['/transfers', 'kind=credit'],
      ['/audit-events', `memberId=${ben.mem}`],
    ] as const) {
      const rows = rowsIn((await owner.get(`${path}.csv?${query}`)).text);
      expect(
        rows.map(({ id }) => id),
        `${path}?${query}`,
      ).toEqual(await ids(path, query));
      expect(rows.length).toBeGreaterThan(0);
    }
    const rates = (await owner.get('/rates?prefix=4')).body.data;
    expect(rowsIn((await owner.get('/rates.csv?prefix=4')).text)).toEqual(
      rates.map((rate: Record<string, string | null>) => ({ ...rate, country: rate['country'] ?? '' })),
    );
  });
});

/** Cell texts as entered, and as they stand in the file. */
const TYPED: [string, string][] = [
  ['plain', 'plain'],
  ['=1+1', "'=1+1"],
  ['+1+1', "'+1+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\tx', "'\tx"],
  ['\r=1', "'\r=1"],
  ['\n=1', "'\n=1"],
  ['＝1+1', "'＝1+1"],
  ['＋1+1', "'＋1+1"],
  ['－1', "'－1"],
  ['＠SUM(A1)', "'＠SUM(A1)"],
  ['+14155550100', '+14155550100'],
  ['007', '007'],
  ['+', "'+"],
  ['+1 415', "'+1 415"],
  ['a,"b"\r\nc', 'a,"b"\r\nc'],
  [' =1', ' =1'],
  ['Blåbærlia', 'Blåbærlia'],
];

describe('a text in a CSV export', () => {
  it.each(TYPED)('%j is written as %j, quoted', async (typed, expected) => {
    const columns = { n: () => 1, text: { text: (row: string) => row }, none: { text: () => null } };
    async function* pages() {
      yield [typed];
    }
    let text = '';
    for await (const piece of printCsv({ columns, pages: pages() })) text += piece;
    expect(text).toBe(`n,text,none\r\n1,"${expected.replaceAll('"', '""')}",\r\n`);
    expect(rowsIn(text)).toEqual([{ n: '1', text: expected, none: '' }]);
  });

  it('is disarmed in every export, and exports for programs begin without a byte order mark', async () => {
    const team = await makeTeam({ fund: '100' });
    const owner = as(team.ownerKey);
    const ann = await addMember(team, { name: '=Ann', email: '+1@example.test', externalId: '＝1', credit: '5' });
    await owner.post(`/members/${ann.mem}/credit`, { amount: '1', note: '＋1+1', noteForMember: '@x' });
    await as(ann.key).post('/messages', { ...message, body: '\n=1', reference: '＠x' });
    const rowOf = async (path: string) => rowsIn((await owner.get(path)).text)[0]!;
    expect(await rowOf('/members.csv?role=member')).toMatchObject({
      name: "'=Ann",
      email: "'+1@example.test",
      externalId: "'＝1",
    });
    expect(await rowOf('/transfers.csv?kind=credit')).toMatchObject({
      memberName: "'=Ann",
      note: "'＋1+1",
      noteForMember: "'@x",
    });
    expect(await rowOf('/messages.csv')).toMatchObject({ body: "'\n=1", reference: "'＠x", to: message.to });
    expect(await rowOf(`/audit-events.csv?memberId=${ann.mem}`)).toMatchObject({ targetName: "'=Ann" });
    for (const { path } of listTables()) {
      const answer = await fetch(`${owner.url}${path}`, { headers: { Authorization: `Bearer ${team.ownerKey}` } });
      expect(new Uint8Array(await answer.arrayBuffer()).slice(0, 1), path).not.toEqual(new Uint8Array([0xef]));
      // Only quoted cells begin with a character that could start a formula.
      const unquoted = (await owner.get(path)).text.replaceAll(/"(?:[^"]|"")*"/g, '');
      expect(unquoted).not.toMatch(/(^|[,\n])(?!\+[0-9]+,)[=+@＝＋－＠]/);
    }
  });
});
