import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { download, type DownloadName, type Membership } from '@/server/http/downloads';
import { useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam, ownerPool } from '../support/team';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const get = (name: DownloadName, membership: Membership, query = '') =>
  download(new Request(`http://localhost/acme/export/${name}?${query}`), name, membership);

const rowsOf = async (name: DownloadName, key: string, query = ''): Promise<Record<string, string>[]> => {
  const response = await get(name, { ok: true, actor: await sessionOf(key) }, query);
  expect(response.status).toBe(200);
  return parse(await response.text(), { columns: true });
};

describe('a file of members', () => {
  it('has the rows of the page, in its order', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { name: 'Ann', email: 'ann@example.test', credit: '5', externalId: 'a-1' });
    await addMember(team, { name: 'Ben', credit: '7', recharge: { threshold: '1', target: '2' } });
    await as(ann.key).post('/messages', message);
    const rows = await rowsOf('members', team.ownerKey, 'sort=balance&direction=desc&status=active&status=inactive');
    expect(rows.map(({ name }) => name)).toEqual(['Ben', 'Ann', 'First Owner']);
    expect(rows[1]).toMatchObject({
      id: ann.mem,
      email: 'ann@example.test',
      balance: '4.99',
      messages30Days: '1',
      cost30Days: '0.01',
      recharge: '',
      keyLast4: ann.key.slice(-4),
      externalId: 'a-1',
    });
    expect(rows[0]).toMatchObject({ email: '', recharge: 'ready' });
    expect((await rowsOf('members', team.ownerKey, 'query=ann')).map(({ name }) => name)).toEqual(['Ann']);
    expect(await rowsOf('members', team.ownerKey, 'query=nobody')).toEqual([]);
  });

  it('holds every member of a long list, and only itself for a member', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { name: 'Ann' });
    await ownerPool().query(
      `WITH made AS (INSERT INTO members (team_id, id, name, email, role)
         SELECT $1, uuid7(), 'Member ' || i, i || '@many.test', 'member' FROM generate_series(1, 1200) i RETURNING id)
       SELECT ledger_open_member($1, id) FROM made`,
      [team.teamId],
    );
    const names = (await rowsOf('members', team.ownerKey)).map(({ name }) => name);
    expect(names).toEqual(['Ann', 'First Owner', ...Array.from({ length: 1200 }, (_, i) => `Member ${i + 1}`)]);
    expect((await rowsOf('members', ann.key)).map(({ name }) => name)).toEqual(['Ann']);
  });

  it('disarms formulas', async () => {
    const team = await makeTeam();
    await addMember(team, { name: '=1+1', externalId: '@SUM(A1)' });
    const [row] = await rowsOf('members', team.ownerKey, 'role=member');
    expect(row).toMatchObject({ name: "'=1+1", externalId: "'@SUM(A1)" });
  });
});

describe('a file of messages', () => {
  it('has the messages of the page with its filters, newest first, with the members’ names', async () => {
    const team = await makeTeam();
    const [ann, ben] = [
      await addMember(team, { name: '=Ann', credit: '5' }),
      await addMember(team, { name: 'Ben', credit: '5' }),
    ];
    for (const [key, to] of [
      [ann.key, '+14155550100'],
      [ben.key, '+447700900123'],
      [ann.key, '+14155550177'],
    ] as const) {
      await as(key).post('/messages', { ...message, to, body: '=1+1' });
    }
    const all = await rowsOf('messages', team.ownerKey, `memberId=${ann.mem}&memberId=${ben.mem}`);
    expect(all.map(({ to }) => to)).toEqual(['+14155550177', '+447700900123', '+14155550100']);
    expect(all[0]).toMatchObject({
      memberId: ann.mem,
      memberName: "'=Ann",
      body: "'=1+1",
      cost: '0.01',
      status: 'queued',
    });
    const today = new Date().toISOString().slice(0, 10);
    const american = await rowsOf('messages', team.ownerKey, `country=US&from=${today}&recipient=%2B14155550`);
    expect(american.map(({ to }) => to)).toEqual(['+14155550177', '+14155550100']);
    expect((await rowsOf('messages', ben.key)).map(({ to }) => to)).toEqual(['+447700900123']);
    expect(await rowsOf('messages', ben.key, `memberId=${ann.mem}`)).toEqual([]);
  });
});

describe('a file of transfers', () => {
  it('has the rows of the page, with formulas in notes disarmed', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { name: 'Ann', credit: '5' });
    await addMember(team, { name: 'Ben', credit: '7' });
    const made = await callProcedure(await sessionOf(team.ownerKey), 'debitMember', {
      memberId: ann.mem,
      amount: '1',
      note: '-2+3, "quoted"',
      noteForMember: 'for Ann',
    });
    const rows = await rowsOf('transfers', team.ownerKey, `memberId=${ann.mem}&kind=debit&kind=credit`);
    expect(rows.map(({ kind, memberName }) => [kind, memberName])).toEqual([
      ['debit', 'Ann'],
      ['credit', 'Ann'],
    ]);
    expect(rows[0]).toMatchObject({
      id: made.data.transfer.id,
      amount: '1.00',
      memberBalanceAfter: '4.00',
      masterBalanceAfter: '989.00',
      actorName: 'First Owner',
      note: `'-2+3, "quoted"`,
    });
    expect(await rowsOf('transfers', team.ownerKey)).toHaveLength(4);
    const own = await rowsOf('transfers', ann.key);
    expect(own.map(({ note, masterBalanceAfter }) => [note, masterBalanceAfter])).toEqual([
      ['for Ann', ''],
      ['', ''],
    ]);
  });

  it('begins with a byte order mark, like every file of the pages', async () => {
    const actor = await sessionOf((await makeTeam({ name: 'Blåbærlia' })).ownerKey);
    for (const name of ['audit', 'members', 'messages', 'transfers', 'rates', 'usage'] as const) {
      const file = new Uint8Array(await (await get(name, { ok: true, actor })).arrayBuffer());
      expect([name, ...file.slice(0, 3)]).toEqual([name, 0xef, 0xbb, 0xbf]);
    }
  });

  it('is streamed as a download that is never cached', async () => {
    const team = await makeTeam();
    const response = await get('transfers', { ok: true, actor: await sessionOf(team.ownerKey) });
    const { headers } = response;
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="transfers.csv"');
    expect([headers.get('cache-control'), headers.get('request-id')]).toEqual([
      'no-store',
      expect.stringMatching(/^req_/),
    ]);
    await response.body?.cancel();
  });
});

describe('a file of rates', () => {
  it('is the card in the format of the import', async () => {
    const team = await makeTeam();
    const owner = await sessionOf(team.ownerKey);
    const csv = 'country,prefix,price\r\n,44,0.03\r\nDE,,0.075\r\nDE,4915,0.0695\r\n';
    await callProcedure(owner, 'importRates', { csv });
    const response = await get('rates', { ok: true, actor: owner });
    const text = await response.text();
    expect(text).toBe(csv);
    const seen = await callProcedure(owner, 'previewRates', { csv: text });
    expect(seen.data).toMatchObject({ rows: 3, unchanged: 3, added: 0, changed: 0, removed: 0 });
  });

  it('is for owners only', async () => {
    const team = await makeTeam();
    const ann = await addMember(team, { name: 'Ann' });
    const response = await get('rates', { ok: true, actor: await sessionOf(ann.key) });
    expect([response.status, (await response.json()).code]).toEqual([403, 'owner_required']);
  });
});

describe('a file of statistics', () => {
  const today = new Date().toISOString().slice(0, 10);

  it('has every group of the page, in its order, each beside the previous period', async () => {
    const team = await makeTeam();
    const [ann, ben] = [
      await addMember(team, { name: '=Ann', credit: '5' }),
      await addMember(team, { name: 'Ben', credit: '5' }),
    ];
    await as(ann.key).post('/messages', message);
    await as(ben.key).post('/messages/batch', { messages: [message, { ...message, to: '+447400123456' }] });
    const query = `from=${today}&groupBy=member&sort=messages&direction=asc`;
    const rows = await rowsOf('usage', team.ownerKey, query);
    expect(rows).toEqual(
      [
        { memberId: ann.mem, memberName: "'=Ann", messages: '1', cost: '0.01' },
        { memberId: ben.mem, memberName: 'Ben', messages: '2', cost: '0.02' },
      ].map((row) => ({
        ...row,
        memberStatus: 'active',
        segments: row.messages,
        delivered: '0',
        failed: '0',
        messagesBefore: '0',
        segmentsBefore: '0',
        deliveredBefore: '0',
        failedBefore: '0',
        costBefore: '0.00',
      })),
    );
    const seen = await callProcedure(await sessionOf(team.ownerKey), 'browseUsage', {
      from: today,
      groupBy: 'country',
    });
    const byCountry = await rowsOf('usage', team.ownerKey, `from=${today}&groupBy=country`);
    expect(byCountry.map(({ country, messages }) => [country, Number(messages)])).toEqual(
      seen.data.data.map(({ key, now }: { key: string; now: { messages: number } }) => [key, now.messages]),
    );
    const held = await rowsOf(
      'usage',
      team.ownerKey,
      `from=${today}&memberId=${ann.mem}&memberId=${ben.mem}&country=gb`,
    );
    expect(held).toMatchObject([{ day: today, messages: '1', costBefore: '0.00' }]);
    expect(await rowsOf('usage', ann.key, query)).toMatchObject([{ memberId: ann.mem }]);
  });

  it('holds every one of many members, and every day of the range', async () => {
    const team = await makeTeam();
    await ownerPool().query(
      `WITH made AS (INSERT INTO members (team_id, id, name, email, role)
         SELECT $1, uuid7(), 'Member ' || i, i || '@many.test', 'member' FROM generate_series(1, 300) i RETURNING id),
       sums AS (INSERT INTO usage_daily (team_id, member_id, day, country, messages, segments, cost)
         SELECT $1, id, '2026-03-02', 'US', 1, 1, 10000 FROM made)
       SELECT ledger_open_member($1, id) FROM made`,
      [team.teamId],
    );
    try {
      const range = 'from=2026-03-01&to=2026-04-01';
      const byName = await rowsOf('usage', team.ownerKey, `${range}&groupBy=member&sort=name&direction=asc`);
      expect(byName.map(({ memberName }) => memberName)).toEqual(
        Array.from({ length: 300 }, (_, i) => `Member ${i + 1}`),
      );
      expect(await rowsOf('usage', team.ownerKey, range)).toHaveLength(31);
    } finally {
      // Sums without a log, which the verification of the sums would report.
      await ownerPool().query('DELETE FROM usage_daily WHERE team_id = $1', [team.teamId]);
    }
  });
});

describe('a file', () => {
  it('never holds rows of another team', async () => {
    const [own, other] = [await makeTeam(), await makeTeam()];
    const theirs = await addMember(other, { name: 'Theirs', credit: '1' });
    expect(await rowsOf('transfers', own.ownerKey, `memberId=${theirs.mem}`)).toEqual([]);
    expect(await rowsOf('members', own.ownerKey, `query=${theirs.mem}`)).toEqual([]);
  });

  it.each([
    ['signed-out', 401, 'missing_key'],
    ['none', 404, 'not_found'],
    ['inactive', 403, 'member_inactive'],
  ] as const)('is refused with the reason %s', async (reason, status, code) => {
    for (const name of ['members', 'messages', 'transfers', 'rates', 'usage'] as const) {
      const response = await get(name, { ok: false, reason });
      expect([response.status, (await response.json()).code]).toEqual([status, code]);
    }
  });

  it.each([
    ['members', 'sort=age'],
    ['members', 'colour=red'],
    ['members', 'query=%00'],
    ['messages', 'status=lost'],
    ['messages', 'limit=5'],
    ['transfers', 'kind=gift'],
    ['transfers', 'from=yesterday'],
    ['rates', 'country=DE'],
    ['usage', 'groupBy=hour'],
    ['usage', 'from=2020-01-01&to=2026-01-01'],
    ['usage', 'page=2'],
  ] as const)('with %s is refused for ?%s', async (name, query) => {
    const response = await get(name, { ok: true, actor: await sessionOf((await makeTeam()).ownerKey) }, query);
    expect([response.status, (await response.json()).code]).toEqual([400, 'invalid_request']);
  });
});
