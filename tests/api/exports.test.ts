import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { csvResponse, printCsv } from '@/server/http/csv';
import { addMember, makeTeam } from '../support/team';
import { expectProblem, useApi } from '../support/door';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };
const csv = { headers: { Accept: 'text/csv' } };

const rowsIn = (text: string): Record<string, string>[] => parse(text, { columns: true });

describe('GET /messages as text/csv', () => {
  it('has every message that the filter shows, beyond any page, as the list has them', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const owner = as(team.ownerKey);
    const { mem, key } = await addMember(team, { credit: '50' });
    const messages = Array.from({ length: 1000 }, (_, i) => ({ ...message, reference: `r${i}` }));
    await as(key).post('/messages/batch', { messages });
    await as(key).post('/messages/batch', { messages: messages.slice(0, 234) });
    await owner.post('/messages', message);
    const answer = await owner.get(`/messages?memberId=${mem}&limit=1`, csv);
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
    expect((await owner.get(`/messages?reference=r7`, csv)).text.split('\r\n')).toHaveLength(4);
  });

  it('quotes what CSV needs quoted, and lets no text run as a formula', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const bodies = ['=1+1', '+49', '-1', '@SUM(A1)', '\tx', 'a "b", c', 'two\r\nlines', 'Grüße ✓'];
    for (const body of bodies) await owner.post('/messages', { ...message, body, reference: '=cmd' });
    const rows = rowsIn((await owner.get('/messages', csv)).text).toReversed();
    expect(rows.map(({ body }) => body)).toEqual(bodies.map((body) => (/^[=+\-@\t]/.test(body) ? `'${body}` : body)));
    expect(rows.map(({ to, reference }) => [to, reference])).toEqual(bodies.map(() => [message.to, "'=cmd"]));
  });

  it('is a header alone where nothing matches, a member’s own alone for a member, and refuses what the list refuses', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { key } = await addMember(team, { credit: '1' });
    await owner.post('/messages', message);
    expect((await as(key).get('/messages', csv)).text).toMatch(/^id,memberId,to,[^\r\n]*\r\n$/);
    await as(key).post('/messages', message);
    expect(rowsIn((await as(key).get('/messages', csv)).text)).toHaveLength(1);
    expectProblem(await owner.get('/messages?colour=red', csv), 'invalid_request');
    expectProblem(await as(null).get('/messages', csv), 'missing_key');
    const head = await owner.call('HEAD', '/messages', csv);
    expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', 'text/csv; charset=utf-8']);
  });
});

describe('a stream of CSV', () => {
  const columns = { n: (row: number) => row };

  it('makes a piece only when the one before was taken, and stops when the caller goes', async () => {
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
    const response = await csvResponse('numbers', printCsv(columns, pages()));
    const reader = response.body!.getReader();
    await reader.read();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made.length).toBeLessThanOrEqual(4);
    await reader.cancel();
    expect(ended).toBe(true);
  });

  it('breaks off when a later page fails, and throws when the first does', async () => {
    async function* pages(good: number) {
      for (let i = 0; i < good; i += 1) yield [i];
      throw new Error('away');
    }
    await expect(csvResponse('numbers', printCsv(columns, pages(0)))).rejects.toThrow('away');
    const response = await csvResponse('numbers', printCsv(columns, pages(2)));
    await expect(response.text()).rejects.toThrow('away');
  });
});

describe('GET /reports/usage as text/csv', () => {
  it('has the rows of the report', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem, key } = await addMember(team, { credit: '1' });
    await as(key).post('/messages', message);
    for (const groupBy of ['member', 'day', 'country']) {
      const { data } = (await owner.get(`/reports/usage?groupBy=${groupBy}`)).body;
      const rows = rowsIn((await owner.get(`/reports/usage?groupBy=${groupBy}`, csv)).text);
      expect(rows).toEqual(
        data.map((row: object) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
        ),
      );
      expect(rows).toHaveLength(1);
    }
    const { text } = await owner.get('/reports/usage?groupBy=member', csv);
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'memberId,messages,segments,delivered,failed,cost',
      `${mem},1,1,0,0,0.01`,
    ]);
  });
});
