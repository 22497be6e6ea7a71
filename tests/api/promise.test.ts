import { describe, expect, it } from 'vitest';
import promise from '@/docs/api-promise.json';
import { operationsOf, type Json } from '../support/document';
import { brokenPromises } from '../support/promise';

/** Returns the comparison with a document that differs from the promise in one thing. */
function after(change: (copy: Json) => void): string[] {
  const copy = structuredClone(promise) as Json;
  change(copy);
  return brokenPromises(promise, copy);
}

const described = (copy: Json, id: string): Json => operationsOf(copy).get(id)!.described;
const bodyOf = (copy: Json, id: string): Json => described(copy, id).requestBody.content['application/json'].schema;
const query = (copy: Json, id: string, name: string): Json =>
  described(copy, id).parameters.find((one: Json) => one.name === name);

function rename(record: Json, from: string, to: string): void {
  record[to] = record[from];
  delete record[from];
}

/** Changes that break a client, and their descriptions. */
const BREAKS: [string, (copy: Json) => void, string][] = [
  ['a removed path', (copy) => delete copy.paths['/me'], 'GET /me is gone.'],
  ['another path', (copy) => rename(copy.paths, '/me', '/whoami'), 'GET /me is gone.'],
  ['a removed operation', (copy) => delete copy.paths['/members/{id}'].delete, 'DELETE /members/{id} is gone.'],
  ['another base', (copy) => (copy.servers[0].url = '/api'), 'The API is no longer at /api/v1.'],
  ['another method', (copy) => rename(copy.paths['/team'], 'patch', 'put'), 'PATCH /team is gone.'],
  ['another name', (copy) => (described(copy, 'getMe').operationId = 'whoAmI'), 'GET /me is no longer called getMe.'],
  [
    'a removed parameter',
    (copy) => described(copy, 'listMembers').parameters.shift(),
    'GET /members: the query parameter limit is gone.',
  ],
  [
    'a parameter that is now required',
    (copy) => (query(copy, 'listMembers', 'role').required = true),
    'GET /members: the query parameter role is now required.',
  ],
  [
    'a new required parameter',
    (copy) => described(copy, 'listMembers').parameters.push({ name: 'x', in: 'query', required: true, schema: {} }),
    'GET /members: the new query parameter x is required.',
  ],
  [
    'a removed value of a parameter',
    (copy) => query(copy, 'listMembers', 'status').schema.enum.pop(),
    'GET /members: the value deleted of the parameter status is gone.',
  ],
  [
    'a removed header',
    (copy) => described(copy, 'sendMessage').parameters.shift(),
    'POST /messages: the header parameter Member is gone.',
  ],
  [
    'another id in a path',
    (copy) => (copy.paths['/members/{id}'].parameters[0].schema.pattern = '^mbr_'),
    'GET /members/{id}: the pattern of the parameter id is another.',
  ],
  [
    'a removed field of a body',
    (copy) => delete bodyOf(copy, 'createMember').properties.externalId,
    'POST /members: the field externalId of the body is gone.',
  ],
  [
    'a field of a body under another name',
    (copy) => rename(bodyOf(copy, 'creditMember').properties, 'note', 'memo'),
    'POST /members/{id}/credit: the field note of the body is gone.',
  ],
  [
    'a field of a body that is now required',
    (copy) => copy.components.schemas.NewMessage.required.push('reference'),
    'POST /messages: the field reference of the body is now required.',
  ],
  [
    'a body that is now required',
    (copy) => (described(copy, 'createMember').requestBody.required = true),
    'POST /members: a body is now required.',
  ],
  ['a removed body', (copy) => delete described(copy, 'setRole').requestBody, 'no body is taken any more.'],
  [
    'a removed value of a body',
    (copy) => bodyOf(copy, 'setRole').properties.role.enum.shift(),
    'POST /members/{id}/role: the value owner of role of the body is gone.',
  ],
  [
    'another type in a body',
    (copy) => (bodyOf(copy, 'rotateKey').properties.overlapSeconds = { type: 'string' }),
    'overlapSeconds of the body may no longer be integer.',
  ],
  [
    'a removed alternative in a body',
    (copy) => bodyOf(copy, 'creditMember').properties.amount.anyOf.pop(),
    'amount of the body may no longer be integer.',
  ],
  [
    'a field of a body that can no longer be null',
    (copy) => (bodyOf(copy, 'updateTeam').properties.defaultSender = { type: 'string' }),
    'defaultSender of the body may no longer be null.',
  ],
  [
    'a shorter limit in a body',
    (copy) => (copy.components.schemas.NewMessage.properties.body.maxLength = 160),
    'POST /messages: the maxLength of body of the body is tighter.',
  ],
  [
    'another default',
    (copy) => (bodyOf(copy, 'createMember').properties.role.default = 'owner'),
    'the default of role of the body is another.',
  ],
  [
    'another status',
    (copy) => rename(described(copy, 'sendMessage').responses, '202', '201'),
    'POST /messages: the status 202 is gone.',
  ],
  [
    'an error under another code',
    (copy) => {
      const { schema } = copy.components.responses.NotFound.content['application/problem+json'];
      schema.allOf[1].properties.code.enum = ['missing'];
    },
    'GET /members/{id}: the value not_found of code of the answer 404 is gone.',
  ],
  [
    'a removed field of an answer',
    (copy) => delete copy.components.schemas.Member.properties.email,
    'GET /members/{id}: the field email of the answer 200 is gone.',
  ],
  [
    'a deep field of an answer under another name',
    (copy) => rename(copy.components.schemas.Member.properties.apiKey.anyOf[0].properties, 'last4', 'lastFour'),
    'GET /members: the field last4 of apiKey of an item of data of the answer 200 is gone.',
  ],
  [
    'a field of an answer that can be missing',
    (copy) => copy.components.schemas.Team.required.pop(),
    'GET /team: the field createdAt of the answer 200 may now be missing.',
  ],
  [
    'a field of an answer that can be null',
    (copy) => (copy.components.schemas.Team.properties.name = { type: ['string', 'null'] }),
    'GET /team: name of the answer 200 may now be null.',
  ],
  [
    'another type in an answer',
    (copy) => (copy.components.schemas.Team.properties.masterBalance = { type: 'number' }),
    'GET /team: masterBalance of the answer 200 may now be number.',
  ],
  [
    'another pattern in an answer',
    (copy) => delete copy.components.schemas.Team.properties.id.pattern,
    'GET /team: the pattern of id of the answer 200 is another.',
  ],
  [
    'a value of an answer under another name',
    (copy) => (copy.components.schemas.Message.properties.status.enum[6] = 'canceled'),
    'POST /messages: the value cancelled of status of the answer 202 is gone.',
  ],
  [
    'a removed header of an answer',
    (copy) => delete described(copy, 'createMember').responses[201].headers['Idempotent-Replayed'],
    'POST /members: the header field Idempotent-Replayed of 201 is gone.',
  ],
  [
    'another media type',
    (copy) => rename(described(copy, 'getMe').responses[200].content, 'application/json', 'application/xml'),
    'GET /me: the answer 200 is no longer application/json.',
  ],
];

/** Changes that break no client which ignores unknown fields. */
const ADDITIONS: [string, (copy: Json) => void][] = [
  ['nothing', () => {}],
  ['a path', (copy) => (copy.paths['/whoami'] = { get: { ...copy.paths['/me'].get, operationId: 'whoAmI' } })],
  ['a method', (copy) => (copy.paths['/me'].patch = { ...copy.paths['/team'].patch, operationId: 'updateMe' })],
  ['a parameter', (copy) => (described(copy, 'getMe').parameters ??= [{ name: 'x', in: 'query', schema: {} }])],
  ['a value of a parameter', (copy) => query(copy, 'listMembers', 'status').schema.enum.push('invited')],
  ['a field of a body', (copy) => (bodyOf(copy, 'createMember').properties.colour = { type: 'string' })],
  ['an alternative in a body', (copy) => bodyOf(copy, 'creditMember').properties.amount.anyOf.push({ type: 'number' })],
  ['a longer limit in a body', (copy) => (copy.components.schemas.NewMessage.properties.body.maxLength = 9_999)],
  ['a field that is no longer required', (copy) => copy.components.schemas.NewMessage.required.pop()],
  [
    'a body of either of two shapes',
    (copy) => {
      const { content } = described(copy, 'sendMessage').requestBody;
      const batch = { type: 'object', properties: { messages: { type: 'array' } }, required: ['messages'] };
      content['application/json'].schema = { anyOf: [content['application/json'].schema, batch] };
    },
  ],
  ['a field of an answer', (copy) => (copy.components.schemas.Member.properties.colour = { type: 'string' })],
  ['a value of an answer', (copy) => copy.components.schemas.Message.properties.status.enum.push('read')],
  ['an error', (copy) => (described(copy, 'getMe').responses[402] = described(copy, 'creditMember').responses[402])],
  ['a media type', (copy) => (described(copy, 'listMessages').responses[200].content['text/csv'] = { schema: {} })],
  [
    'a name for a schema',
    (copy) => {
      copy.components.schemas.NewMember = bodyOf(copy, 'createMember');
      const { content } = described(copy, 'createMember').requestBody;
      content['application/json'].schema = { $ref: '#/components/schemas/NewMember' };
    },
  ],
  ['a changed description', (copy) => (described(copy, 'getMe').description = 'Who is asking.')],
];

describe('the promise to clients', () => {
  it.each(BREAKS)('is broken by %s', (_, change, sentence) => {
    const said = after(change);
    expect(
      said.some((one) => one.endsWith(sentence)),
      said.join('\n'),
    ).toBe(true);
  });

  it.each(ADDITIONS)('is not broken by %s', (_, change) => {
    expect(after(change)).toEqual([]);
  });
});
