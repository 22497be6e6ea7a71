import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import {
  ZodArray,
  ZodCodec,
  ZodDefault,
  ZodNullable,
  ZodObject,
  ZodOptional,
  ZodPipe,
  ZodRecord,
  ZodUnion,
  type ZodType,
} from 'zod';
import { describe, expect, it } from 'vitest';
import { DomainError } from '@/server/domain/core/errors';
import { parseBy } from '@/server/domain/core/validation';
import { expectProblem, useApi } from '../support/api-client';
import { listOperations, listTables } from '../support/operations';
import { listVisitorProcedures, listUserProcedures, listProcedures } from '../support/procedures';
import { addMember, makeTeam } from '../support/team';

const as = useApi();

/** Phrases with which zod and the engine describe an invalid value. */
const LIBRARY_WORDS =
  /invalid (input|option|string|key|element|union)|expected|received|too (big|small)|unrecognized|unexpected|zod|undefined|NaN|\bregex\b|pattern/i;

/** Values of which each is invalid for some field: another type, too short, too long, another format. */
const WRONG = [
  null,
  true,
  1.5,
  -1,
  1e300,
  '',
  'ß',
  ' \u202e',
  'x'.repeat(3_000),
  [],
  ['x'],
  [[1]],
  {},
  { x: 1 },
  Array.from({ length: 120 }, () => 0),
];

/** The places below a schema that hold a schema of their own, and how to put a value there. */
type Spot = { schema: ZodType; put: (value: unknown) => unknown };

function spotsIn(schema: ZodType, put: Spot['put'] = (value) => value): Spot[] {
  const here = [{ schema, put }];
  if (schema instanceof ZodObject) {
    const fields = Object.entries<ZodType>(schema.shape);
    return [...here, ...fields.flatMap(([name, field]) => spotsIn(field, (value) => put({ [name]: value })))];
  }
  if (schema instanceof ZodUnion) return [...here, ...schema.options.flatMap((one) => spotsIn(one as ZodType, put))];
  if (schema instanceof ZodArray) return [...here, ...spotsIn(schema.element as ZodType, (value) => put([value]))];
  if (schema instanceof ZodRecord)
    return [
      ...here,
      { schema, put: (value) => put({ name: value }) },
      { schema, put: (value) => put({ [String(value)]: 'x' }) },
    ];
  if (schema instanceof ZodOptional || schema instanceof ZodNullable || schema instanceof ZodDefault)
    return spotsIn(schema.unwrap() as ZodType, put);
  if (schema instanceof ZodPipe && !(schema instanceof ZodCodec)) return spotsIn(schema.in as ZodType, put);
  return here;
}

async function detailsOf(schema: ZodType, value: unknown, where: 'body' | 'query'): Promise<string[]> {
  try {
    await parseBy(schema, value, where);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return [...(error.facts.errors ?? []).map(({ detail }) => detail), error.facts.detail ?? ''].filter(
      (text) => text !== '',
    );
  }
}

describe('messages about invalid input', () => {
  const inputs: [string, ZodType, 'body' | 'query'][] = [
    ...[...listOperations(), ...listTables()].map(({ id, method, input }): [string, ZodType, 'body' | 'query'] => [
      id,
      input,
      method === 'GET' ? 'query' : 'body',
    ]),
    ...[
      ...listProcedures(),
      ...listUserProcedures(),
      ...listVisitorProcedures('access'),
      ...listVisitorProcedures('joining'),
    ].map(({ noun, id, input }): [string, ZodType, 'body'] => [`${noun}.${id}`, input, 'body']),
  ];

  it.each(inputs)('%s', async (_, schema, where) => {
    const details = await detailsOf(schema, undefined, where);
    for (const { put } of spotsIn(schema)) {
      for (const value of WRONG) details.push(...(await detailsOf(schema, put(value), where)));
    }
    details.push(...(await detailsOf(schema, { colour: 'red' }, where)));
    expect(details.length).toBeGreaterThan(0);
    for (const detail of new Set(details)) {
      expect(detail).not.toMatch(LIBRARY_WORDS);
      expect(detail).toMatch(/^(`|\p{Lu}|\/|[a-z]\w*: ).*\.$/su);
    }
  });

  it('names the field and says what it must be', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const detailOf = async (body: unknown) =>
      expectProblem(await owner.post('/messages', body), 'invalid_request').detail;
    expect(await detailOf({ body: 'x', from: 'A' })).toBe('`to` is required.');
    expect(await detailOf({ to: 1, body: 'x' })).toBe('`to` must be a string.');
    expect(await detailOf({ to: '+1', body: 'x', colour: 1 })).toBe('`colour` is not a field of this request.');
    expect(await detailOf([])).toBe('The body must be an object.');
    const batch = await owner.post('/messages/batch', { messages: [{ to: '+1', body: 'x' }, { body: 'x' }] });
    expect(batch.body.detail).toBe('`messages[1].to` is required.');
    expect((await owner.get('/members?role=king')).body.detail).toBe('`role` must be one of owner, member.');
    expect((await owner.get('/members?colour=1')).body.detail).toBe('`colour` is not a parameter of this request.');
  });
});

describe('an amount that is a JSON number', () => {
  it('is refused with the advice to send a string, unless it is an integer', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const owner = as(team.ownerKey);
    const problem = expectProblem(await owner.post(`/members/${mem}/credit`, { amount: 12.5 }), 'invalid_amount');
    expect(problem.detail).toContain('must be a string');
    expect((await owner.post(`/members/${mem}/credit`, { amount: 12 })).status).toBe(201);
  });
});

describe('a list of errors', () => {
  it('gives the total when it does not list all', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const messages = (count: number) => Array.from({ length: count }, () => ({ to: '+14155550100' }));
    const few = expectProblem(await owner.post('/messages/batch', { messages: messages(100) }), 'invalid_request');
    expect([few.errors.length, few.detail]).toEqual([100, '`messages[0].body` is required.']);
    const many = expectProblem(await owner.post('/messages/batch', { messages: messages(101) }), 'invalid_request');
    expect([many.errors.length, many.detail]).toEqual([100, expect.stringContaining('101 errors')]);
  });
});

describe('an unreadable body', () => {
  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['zstd', (text: string) => Buffer.from(text)],
    ['gzip, identity', gzipSync],
  ])('is refused with the reason when compressed by %s', async (encoding, compress) => {
    const owner = as((await makeTeam()).ownerKey);
    const raw = new Uint8Array(compress(JSON.stringify({ name: 'Ann' })));
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': encoding };
    expect(
      expectProblem(await owner.call('POST', '/members', { raw, headers }), 'unsupported_media_type').detail,
    ).toContain('compressed');
    expect(
      (await owner.call('POST', '/members', { body: {}, headers: { 'Content-Encoding': 'identity' } })).status,
    ).toBe(201);
  });

  it('is refused with the position of the fault, without repeating its content', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const headers = { 'Content-Type': 'application/json' };
    for (const raw of ['{"password": secret}', '{"secret": "x"', '{secret', '[1,]', '"secret']) {
      const { detail } = expectProblem(await owner.call('POST', '/members', { raw, headers }), 'invalid_request');
      expect(detail).toMatch(/^The body is not valid JSON( at position [0-9]+)?\.$/);
    }
  });
});
