import { createConfig, lintFromString } from '@redocly/openapi-core';
import promise from '@/docs/api-promise.json';
import { z } from 'zod';
import { beforeAll, describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { parseId, printId } from '@/server/domain/core/ids';
import { makeKey } from '@/server/domain/teams/api-keys/rules';
import { openApiDocument, publicPath } from '@/server/http/openapi';
import { exampleId } from '@/server/operations/examples';
import * as operations from '@/server/operations/members';
import type { Named } from '@/server/operations/all';
import { operation, table } from '@/server/operations/operation';
import type { Answer } from '../support/call-api';
import { danglingRefs, DocumentCheck, operationsOf, type Json } from '../support/document';
import { expectProblem, useApi, type Caller } from '../support/api-client';
import { brokenPromises } from '../support/promise';
import { listOperations, listTables, type Listed } from '../support/operations';
import { addMember, giveSignIn, makeTeam, someAddress, type TestTeam } from '../support/team';

const as = useApi();

let document: Json;
let check: DocumentCheck;
beforeAll(async () => {
  document = (await as(null).get('/openapi.json')).body;
  check = new DocumentCheck(document);
});

/** Copies the document and changes one thing in it. */
function spoiled(change: (copy: Json) => void): Json {
  const copy = structuredClone(document);
  change(copy);
  return copy;
}

describe('GET /openapi.json', () => {
  it('serves everybody the same document, which can be cached', async () => {
    const { ownerKey } = await makeTeam();
    const answer = await as(null).get('/openapi.json');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.headers.get('request-id')).toMatch(/^req_/);
    expect(answer.headers.get('ratelimit-policy')).toContain('"address"');
    for (const key of [ownerKey, makeKey()]) expect((await as(key).get('/openapi.json')).text).toBe(answer.text);
    const head = await as(null).call('HEAD', '/openapi.json');
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('has the headers and errors of every path', async () => {
    const options = await as(null).call('OPTIONS', '/openapi.json');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expectProblem(await as(null).post('/openapi.json', {}), 'method_not_allowed');
    expectProblem(await as(null).get(`/openapi.json?key=${makeKey()}`), 'key_in_url');
  });
});

/** Returns the findings of a linter with every rule of its strictest set. */
async function lint(subject: Json): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: JSON.stringify(subject), absoluteRef: '/openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`);
}

// The document does not depend on the server; one run of these tests is enough.
const here = describe.skipIf(process.env['TEST_THROUGH_NEXT']);

here('the document', () => {
  it('holds every operation, and no other', () => {
    const described = [...operationsOf(document)].map(([id, { method, path }]) => `${method} ${path} ${id}`);
    const registered = [...listOperations(), ...listTables()].map(
      ({ method, path, id }) => `${method} ${publicPath(path)} ${id}`,
    );
    expect(described.toSorted()).toEqual(registered.toSorted());
  });

  it('is strictly valid', async () => {
    expect(await lint(document)).toEqual([]);
  });

  it.each<[string, string, (copy: Json) => void]>([
    ['an answer without a schema', 'struct', (copy) => (copy.paths['/me'].get.responses[200].content = 1)],
    ['a bad example', 'no-invalid-media-type-examples', (copy) => (exampleOf(copy, 'getTeam').reserve = 1)],
    ['an unknown noun', 'tag-description', (copy) => delete copy.tags[0].description],
    ['an id used twice', 'operation-operationId-unique', (copy) => (copy.paths['/me'].get.operationId = 'getTeam')],
    ['a lost schema', 'no-unresolved-refs', (copy) => delete copy.components.schemas.Member],
  ])('would not be valid with %s', async (_, rule, change) => {
    expect((await lint(spoiled(change))).join('\n')).toContain(rule);
  });

  it('has no dangling reference', () => {
    expect(danglingRefs(document)).toEqual([]);
    const broken = spoiled((copy) => delete copy.components.responses.NotFound);
    expect(new Set(danglingRefs(broken))).toEqual(new Set(['#/components/responses/NotFound']));
  });

  it('describes every error it names, with the status of the table', () => {
    for (const [id, { described }] of check.operations) {
      for (const [status, response] of Object.entries(described.responses as Record<string, Json>)) {
        if (!('$ref' in response)) continue;
        const { content } = document.components.responses[response.$ref.split('/').at(-1)];
        const codes: ErrorCode[] = content['application/problem+json'].schema.allOf[1].properties.code.enum;
        for (const code of codes) expect([id, code, ERRORS[code].status]).toEqual([id, code, Number(status)]);
      }
    }
  });
});

describe('an error', () => {
  it('is a Problem, whatever goes wrong and wherever', async () => {
    const team = await makeTeam({ fund: '1' });
    const { mem, key } = await addMember(team);
    const owner = as(team.ownerKey);
    const json = { 'Content-Type': 'application/json' };
    const answers: [ErrorCode, Answer][] = [
      ['missing_key', await as(null).get('/me')],
      ['key_in_url', await owner.get(`/me?key=${key}`)],
      ['invalid_key', await as(makeKey()).get('/me')],
      ['owner_required', await as(key).get('/team')],
      ['not_found', await owner.get('/members/x')],
      ['not_found', await owner.get('/nowhere')],
      ['method_not_allowed', await owner.put('/me', {})],
      ['invalid_request', await owner.post('/members', { colour: 'red', name: 1 })],
      ['invalid_amount', await owner.post(`/members/${mem}/credit`, { amount: '-1' })],
      ['invalid_cursor', await owner.get('/members?cursor=x')],
      ['insufficient_funds', await owner.post(`/members/${mem}/credit`, { amount: '1.01' })],
      ['currency_fixed', await owner.patch('/team', { currency: 'EUR' })],
      ['unroutable_number', await owner.post('/messages', { to: '1', from: 'A', body: 'Hello' })],
      ['unsupported_media_type', await owner.call('POST', '/members', { raw: '{}' })],
      ['payload_too_large', await owner.call('POST', '/members', { raw: ' '.repeat(1_048_577), headers: json })],
    ];
    for (const [code, answer] of answers) {
      expectProblem(answer, code);
      expect(check.complaints(check.schemas.Problem, answer.body), code).toEqual([]);
    }
    expect(check.complaints(check.schemas.Problem, { ...answers[0]![1].body, hint: 'x' })).not.toEqual([]);
  });
});

describe('the promise to clients', () => {
  it('is kept: a client written for the last release misses nothing', () => {
    expect(brokenPromises(promise, document)).toEqual([]);
  });

  it('is of this release: a new version updates docs/api-promise.json', () => {
    expect(promise.info.version).toBe(document.info.version);
  });
});

const exampleOf = (copy: Json, id: string): Json =>
  operationsOf(copy).get(id)!.described.responses[200].content['application/json'].example;

/** Creates a team with every object that an example can name, and the real ids to replace the document's own. */
async function inhabit(): Promise<TestTeam & { ids: Record<string, string> }> {
  const team = await makeTeam();
  const owner = as(team.ownerKey);
  const { id, mem, key, member } = await addMember(team, { credit: '20', recharge: { threshold: '20', target: '30' } });
  await giveSignIn(id);
  const sent = await as(key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Hello' });
  const [transfer] = (await owner.get(`/transfers?memberId=${mem}&kind=credit`)).body.data;
  const [event] = (await owner.get(`/members/${mem}/recharge/events`)).body.data;
  const invited = await owner.post('/invitations', { email: someAddress() });
  const ids = {
    team: team.id,
    inv: invited.body.id,
    mem,
    msg: sent.body.id,
    trf: transfer.id,
    rce: event.id,
    key: printId('key', member.apiKey!.id),
  };
  return { ...team, ids };
}

/** Replaces the ids of an example by real ones. An id that is missing fails: create one in `inhabit`. */
function real<T>(example: T, ids: Record<string, string>): T {
  const text = JSON.stringify(example).replaceAll(/([a-z]{3,4})_01k9zq3h5xe7t8v2m4n6p8r0sa/g, (example, prefix) => {
    if (!ids[prefix]) throw new Error(`There is no real id for ${example}.`);
    return ids[prefix];
  });
  return JSON.parse(text) as T;
}

/** Maps an operation's id to the calls that its example requires first. */
const FIRST: Record<string, (owner: Caller, ids: Record<string, string>) => Promise<unknown>> = {
  restoreMember: (owner, { mem }) => owner.delete(`/members/${mem}`),
  resetMemberPassword: (_owner, { mem }) => giveSignIn(parseId('mem', mem!)!),
};

/** Sends an operation's example from its document. */
async function send(team: TestTeam & { ids: Record<string, string> }, id: string, more: object = {}): Promise<Answer> {
  const { method, path, parameters, described } = operationsOf(document).get(id)!;
  await FIRST[id]?.(as(team.ownerKey), team.ids);
  const query = new URLSearchParams();
  let target = path;
  for (const { in: place, name, example } of parameters) {
    if (place === 'path') target = target.replace(`{${name}}`, real(example, team.ids));
    if (place === 'query' && example !== undefined) query.set(name, real(String(example), team.ids));
  }
  const body = described.requestBody?.content['application/json'].example;
  return as(team.ownerKey).call(method, query.size > 0 ? `${target}?${query}` : target, {
    body: body && { ...real(body, team.ids), ...more },
  });
}

const complaints = ({ method, path }: Listed, answer: Answer): string[] =>
  check.answerComplaints(method, publicPath(path), answer);

describe('an example', () => {
  it('has ids that real ones can replace', () => {
    expect(exampleId('mem')).toBe('mem_01k9zq3h5xe7t8v2m4n6p8r0sa');
    expect(() => real({ id: exampleId('whk') }, {})).toThrow('There is no real id for whk_');
  });

  it('is given for every body and for every answer', () => {
    const without = [...check.operations].flatMap(([id, { described }]) => [
      ...(described.requestBody && !described.requestBody.content['application/json'].example ? [`${id} body`] : []),
      ...Object.entries(described.responses as Record<string, Json>)
        .filter(
          ([status, response]) =>
            status < '300' && Object.values<Json>(response.content).some(({ example }) => example === undefined),
        )
        .map(([status]) => `${id} ${status}`),
    ]);
    expect(without).toEqual([]);
  });

  it('matches its schema in the document, to the last field', () => {
    for (const [id, operation] of check.operations) {
      const { requestBody, responses } = operation.described;
      if (requestBody) {
        expect(check.bodyComplaints(id, requestBody.content['application/json'].example), `${id} body`).toEqual([]);
      }
      for (const status of Object.keys(responses)) {
        for (const { schema, example } of Object.values<Json>(check.response(operation, Number(status)).content)) {
          if (example !== undefined) expect(check.complaints(schema, example), `${id} ${status}`).toEqual([]);
        }
      }
    }
  });

  it('is answered as the document says when it is sent', async () => {
    for (const listed of listOperations()) {
      const answer = await send(await inhabit(), listed.id);
      expect([listed.id, answer.status], answer.text).toEqual([listed.id, listed.status]);
      expect(complaints(listed, answer)).toEqual([]);
    }
  });

  it('is answered as the document says as a dry run', async () => {
    const dry = listOperations().filter(({ mayMoveNothing }) => mayMoveNothing);
    expect(dry.length).toBeGreaterThanOrEqual(2);
    for (const listed of dry) {
      const answer = await send(await inhabit(), listed.id, { dryRun: true });
      expect([listed.id, answer.status], answer.text).toEqual([listed.id, 200]);
      expect(complaints(listed, answer)).toEqual([]);
    }
  });
});

describe('an answer that the document does not describe', () => {
  const listed = () => listOperations().find(({ id }) => id === 'getMember')!;
  const changed = (answer: Answer, change: Partial<Answer>): string =>
    complaints(listed(), { ...answer, ...change }).join();

  it('is detected by its status, its type, its fields, its values', async () => {
    const team = await inhabit();
    const answer = await send(team, 'getMember');
    expect(changed(answer, {})).toBe('');
    expect(changed(answer, { status: 201 })).toContain('answered 201, which its document has not');
    expect(changed(answer, { headers: new Headers({ 'content-type': 'text/html' }) })).toContain('as text/html');
    expect(changed(answer, { headers: new Headers({ 'content-type': 'application/json' }) })).toContain('Request-Id');
    const text = (fields: object) => JSON.stringify({ ...answer.body, ...fields });
    expect(changed(answer, { text: text({ colour: 'red' }) })).toContain('additional');
    expect(changed(answer, { text: text({ recharge: { ...answer.body.recharge, colour: 'red' } }) })).toContain(
      'colour',
    );
    expect(changed(answer, { text: text({ balance: 12.5 }) })).toContain('/balance must be string');
    expect(changed(answer, { text: text({ balance: '12.5' }) })).toContain('/balance must match pattern');
    expect(changed(answer, { text: text({ id: team.ids['msg'] }) })).toContain('/id must match pattern');
    expect(changed(answer, { text: text({ name: undefined }) })).toContain("must have required property 'name'");
    expect(changed(answer, { text: text({ createdAt: 'yesterday' }) })).toContain('/createdAt must match format');
  });

  it('is detected by its code', async () => {
    const missing = await as((await makeTeam()).ownerKey).get(`/members/${exampleId('mem')}`);
    expect(changed(missing, {})).toBe('');
    const text = JSON.stringify({ ...missing.body, code: 'no_rate' });
    expect(changed(missing, { text })).toContain('/code must be equal to one of the allowed values');
    expect(changed(missing, { text: JSON.stringify({ ...missing.body, hint: 'x' }) })).toContain('hint');
  });
});

describe('an operation made for a test', () => {
  const documentOf = (...operations: [Named, ...Named[]]): Json => openApiDocument(new Map([['/made', operations]]));
  const output = z.object({ other: z.string() }).meta({ id: 'Member' });
  const run = () => Promise.resolve({ other: '' });

  it('is described as CSV only when it is a table', () => {
    const made = table({ path: '/made', summary: '', input: z.strictObject({}), example: {}, rows: () => NO_ROWS });
    const { paths } = documentOf({ ...made, id: 'made' });
    expect(Object.keys(paths['/made'].get.responses[200].content)).toEqual(['text/csv']);
  });

  it('is refused when its schema takes the name of another', () => {
    const made = { ...operation({ method: 'GET', path: '/made', summary: '', output, run }), id: 'made' };
    const member = { ...operations.getMember, method: 'POST' as const, id: 'member' };
    expect(() => documentOf(made, member)).toThrow('Two schemas are named Member.');
  });
});

const NO_ROWS = { columns: {}, pages: (async function* () {})() };
