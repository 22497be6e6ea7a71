import { describe, expect, it } from 'vitest';
import { auditOf, expectProblem, useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam, type TestTeam } from '../support/team';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const ratesOf = async (team: TestTeam, query = '') => (await as(team.ownerKey).get(`/rates${query}`)).body;

const NONE_FREE = { free: [], freeRows: 0 };

const CARD = 'country,prefix,price\n,44,0.02\nDE,,0.10\nDE,4915,0.0725\nUS,1,0.01\n';

describe('GET /rates', () => {
  it('lists the card by country and prefix, page by page', async () => {
    const team = await makeTeam({ card: CARD });
    const all = [
      { country: null, prefix: '44', price: '0.02' },
      { country: 'DE', prefix: '', price: '0.10' },
      { country: 'DE', prefix: '4915', price: '0.0725' },
      { country: 'US', prefix: '1', price: '0.01' },
    ];
    expect(await ratesOf(team)).toEqual({ data: all, nextCursor: null });
    const paged = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await ratesOf(team, `?limit=1${cursor && `&cursor=${cursor}`}`);
      paged.push(...page.data);
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
  });

  it('filters by country and by the beginning of a prefix', async () => {
    const team = await makeTeam({ card: CARD });
    const found = async (query: string) => (await ratesOf(team, query)).data.map((row: { price: string }) => row.price);
    expect(await found('?country=de')).toEqual(['0.10', '0.0725']);
    expect(await found('?prefix=4')).toEqual(['0.02', '0.0725']);
    expect(await found('?country=DE&prefix=49')).toEqual(['0.0725']);
    for (const none of ['?country=FR', '?prefix=15']) expect(await found(none)).toEqual([]);
    for (const query of ['?country=XX', '?country=D', '?prefix=%2B49', '?prefix=', '?prefix=0', '?price=1']) {
      expectProblem(await as(team.ownerKey).get(`/rates${query}`), 'invalid_request');
    }
  });

  it('refuses a cursor of another filter and a broken one', async () => {
    const team = await makeTeam({ card: CARD });
    const { nextCursor } = await ratesOf(team, '?limit=1');
    for (const query of [`?cursor=${nextCursor}&country=DE`, `?cursor=${nextCursor}x`, '?cursor=', '?cursor=AAAA']) {
      expectProblem(await as(team.ownerKey).get(`/rates${query}`), 'invalid_cursor');
    }
  });
});

describe('PUT /rates', () => {
  it('replaces the whole card, for the very next message, and writes an audit event', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    expect((await owner.post('/messages', message)).body.price).toBe('0.01');
    const rates = [
      { country: 'us', prefix: '1415', price: '0.5' },
      { prefix: '44', price: 0 },
      { country: 'FR', price: '1' },
    ];
    const put = await owner.put('/rates', { rates, allowFree: true });
    expect([put.status, put.body]).toEqual([200, { rows: 3, free: ['+44'], freeRows: 1 }]);
    expect((await ratesOf(team)).data).toEqual([
      { country: null, prefix: '44', price: '0.00' },
      { country: 'FR', prefix: '', price: '1.00' },
      { country: 'US', prefix: '1415', price: '0.50' },
    ]);
    expect((await owner.post('/messages', message)).body.price).toBe('0.50');
    expectProblem(await owner.post('/messages', { ...message, to: '+4915112345678' }), 'no_rate');
    expect((await owner.get('/team')).body.samplePrices).toBe(false);
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'rates.replaced', channel: 'api' });
  });

  it.each<[string, unknown[], string, string]>([
    ['no row', [], 'invalid_request', '/rates'],
    ['a prefix of another country', [{ country: 'DE', prefix: '33', price: '1' }], 'invalid_request', '/rates/0'],
    ['a row that never matches', [{ price: '1', prefix: '999' }], 'invalid_request', '/rates/0'],
    ['a character whose upper case has two', [{ country: 'ß', price: '1' }], 'invalid_request', '/rates/0/country'],
    ['a price of 0', [{ country: 'FR', price: '0' }], 'invalid_request', '/allowFree'],
    ['a country that is none', [{ country: 'XX', price: '1' }], 'invalid_request', '/rates/0/country'],
    ['a prefix with its plus', [{ prefix: '+49', price: '1' }], 'invalid_request', '/rates/0/prefix'],
    ['a prefix too long', [{ prefix: '1234567890123456', price: '1' }], 'invalid_request', '/rates/0/prefix'],
    ['neither', [{ price: '1' }], 'invalid_request', '/rates/0'],
    ['a price below zero', [{ country: 'DE', price: '-1' }], 'invalid_amount', '/rates/0/price'],
    ['a price too high', [{ country: 'DE', price: '1000000.01' }], 'invalid_request', '/rates/0/price'],
    [
      'one place twice',
      [
        { prefix: '1', price: '1' },
        { country: null, prefix: '1', price: '2' },
      ],
      'invalid_request',
      '/rates/1',
    ],
    ['a field unknown', [{ country: 'DE', price: '1', name: 'x' }], 'invalid_request', '/rates/0/name'],
  ])('refuses %s, and changes nothing', async (_, rates, code, pointer) => {
    const team = await makeTeam();
    const before = await ratesOf(team);
    const answer = await as(team.ownerKey).put('/rates', { rates });
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(answer.body.errors[0].pointer).toBe(pointer);
    expect(await ratesOf(team)).toEqual(before);
  });

  it('takes more rows than any other list, and reports the first hundred of many faults', async () => {
    const team = await makeTeam();
    const rates = Array.from({ length: 3_000 }, (_, i) => ({ prefix: `49${1_000 + i}`, price: '0.01' }));
    expect((await as(team.ownerKey).put('/rates', { rates })).body).toEqual({ rows: 3_000, ...NONE_FREE });
    const bad = await as(team.ownerKey).put('/rates', { rates: rates.map((row) => ({ ...row, price: 'x' })) });
    expect(bad.body.errors).toHaveLength(100);
    const tooMany = await as(team.ownerKey).put('/rates', { rates: Array.from({ length: 100_001 }, () => 1) });
    expectProblem(tooMany, 'invalid_request');
    expect((await callProcedure(await sessionOf(team.ownerKey), 'replaceRates', { rates })).data).toEqual({
      rows: 3_000,
      ...NONE_FREE,
    });
  });
});

describe('a card of the largest size', () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => ({ country: 'XX', prefix: `49${100_000 + i}`, price: 'x' }));

  it('is refused with the first hundred faults by both channels when each row has two', async () => {
    const team = await makeTeam();
    const session = await sessionOf(team.ownerKey);
    const put = await as(team.ownerKey).put('/rates', { rates: rows });
    const { problem } = await callProcedure(session, 'replaceRates', { rates: rows });
    for (const { code, errors, detail } of [put.body, problem!]) {
      expect([code, errors!.length]).toEqual(['invalid_request', 100]);
      expect(detail).toContain('more than 100 errors');
      expect(errors!.slice(0, 2).map((one: { pointer: string }) => one.pointer)).toEqual([
        '/rates/0/country',
        '/rates/0/price',
      ]);
    }
    expect(put.status).toBe(400);
  });

  it('is refused in the same way when it names one place again and again', async () => {
    const team = await makeTeam();
    const rates = rows.map(() => ({ prefix: '49', price: '1' }));
    const { status, body } = await as(team.ownerKey).put('/rates', { rates });
    expect([status, body.errors.length, body.errors[0].pointer]).toEqual([400, 100, '/rates/1']);
  });
});

describe('POST /rates/confirm', () => {
  it('marks the sample prices as confirmed, once', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const before = await ratesOf(team);
    expect((await owner.get('/team')).body.samplePrices).toBe(true);
    for (let i = 0; i < 2; i += 1) {
      const confirmed = await owner.post('/rates/confirm');
      expect([confirmed.status, confirmed.body]).toEqual([200, { samplePrices: false }]);
    }
    expect((await owner.get('/team')).body.samplePrices).toBe(false);
    expect(await ratesOf(team)).toEqual(before);
    expect((await auditOf(team)).filter(({ action }) => action === 'rates.confirmed')).toHaveLength(1);
  });
});

describe('a price of 0', () => {
  const CSV = 'country,prefix,price\nFR,,0\nDE,4915,0.000\nDE,,0.1\n';
  const FREE = { free: ['FR', 'DE +4915'], freeRows: 2 };
  const rates = [
    { country: 'FR', price: '0' },
    { country: 'DE', prefix: '4915', price: '0' },
    { country: 'DE', price: '0.1' },
  ];

  it.each([
    ['PUT /rates', { ways: 'replaceRates', input: { rates } }],
    ['an imported file', { ways: 'importRates', input: { csv: CSV } }],
  ])(
    'is taken by %s only with explicit consent, and is named in the answer and in the audit log',
    async (_, { ways, input }) => {
      const team = await makeTeam();
      const session = await sessionOf(team.ownerKey);
      const before = await ratesOf(team);
      for (const consent of [{}, { allowFree: false }]) {
        const { problem } = await callProcedure(session, ways, { ...input, ...consent });
        expect(problem).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/allowFree' }] });
        for (const name of FREE.free) expect(problem!.detail).toContain(name);
      }
      expect(await ratesOf(team)).toEqual(before);
      const { data } = await callProcedure(session, ways, { ...input, allowFree: true });
      expect(data).toEqual({ rows: 3, ...FREE });
      expect((await auditOf(team)).at(-1)).toMatchObject({
        action: 'rates.replaced',
        after: { rows: 3, free: 'FR, DE +4915', freeRows: 2 },
      });
    },
  );

  it('is named before a file is imported', async () => {
    const team = await makeTeam();
    const { data } = await callProcedure(await sessionOf(team.ownerKey), 'previewRates', { csv: CSV });
    expect(data).toMatchObject({ rows: 3, ...FREE, problems: [] });
  });
});

describe('a card as a file', () => {
  const file = async (team: TestTeam, id: string, csv: string) =>
    callProcedure(await sessionOf(team.ownerKey), id, { csv });

  it('is previewed before it is imported: added, changed, removed and unchanged rows', async () => {
    const team = await makeTeam({ card: CARD });
    const before = await ratesOf(team);
    const next = 'country,prefix,price\n,44,0.02\nDE,,0.11\nFR,,0.30\n';
    expect((await file(team, 'previewRates', next)).data).toEqual({
      rows: 3,
      added: 1,
      changed: 1,
      removed: 2,
      unchanged: 1,
      differences: [
        { country: 'DE', prefix: '', before: '0.10', after: '0.11' },
        { country: 'FR', prefix: '', before: null, after: '0.30' },
        { country: 'DE', prefix: '4915', before: '0.0725', after: null },
        { country: 'US', prefix: '1', before: '0.01', after: null },
      ].map((row) => expect.objectContaining(row)),
      ...NONE_FREE,
      unclearPrice: null,
      problems: [],
      problemCount: 0,
    });
    expect(await ratesOf(team)).toEqual(before);
    expect((await file(team, 'importRates', next)).data).toEqual({ rows: 3, ...NONE_FREE });
    expect((await ratesOf(team)).data).toHaveLength(3);
    expect((await file(team, 'previewRates', next)).data).toMatchObject({
      added: 0,
      changed: 0,
      removed: 0,
      unchanged: 3,
    });
  });

  it('is refused by preview and import when it has faults, and each line is reported', async () => {
    const team = await makeTeam({ card: CARD });
    const before = await ratesOf(team);
    const bad = 'country,prefix,price\nDE,,0.11\nXX,,0.30\nFR,,-1\n';
    const problems = [
      { line: 3, detail: expect.stringContaining('ISO') },
      { line: 4, detail: expect.stringContaining('price') },
    ];
    expect((await file(team, 'previewRates', bad)).data).toMatchObject({ rows: 0, differences: [], problems });
    const { problem } = await file(team, 'importRates', bad);
    expect(problem).toMatchObject({
      code: 'invalid_request',
      errors: [{ detail: expect.stringMatching(/^Line 3: /) }, { detail: expect.stringMatching(/^Line 4: /) }],
    });
    expect(await ratesOf(team)).toEqual(before);
    const { key } = await addMember(team);
    const { problem: ofMember } = await callProcedure(await sessionOf(key), 'importRates', { csv: bad });
    expect(ofMember?.code).toBe('owner_required');
  });

  it('shows how a price was read whose comma may separate thousands', async () => {
    const team = await makeTeam();
    const preview = async (price: string) =>
      (await file(team, 'previewRates', `country;prefix;price\nDE;;${price}\n`)).data.unclearPrice;
    expect(await preview('1,234')).toEqual({ typed: '1,234', price: '1.234' });
    expect(await preview('0,234')).toBeNull();
  });

  it('shows twenty differences at most', async () => {
    const team = await makeTeam();
    const rows = Array.from({ length: 50 }, (_, i) => `,49${100 + i},0.01\n`).join('');
    const { data } = await file(team, 'previewRates', `country,prefix,price\n${rows}`);
    expect([data.added, data.differences.length]).toEqual([50, 20]);
  });
});
