import { describe, expect, it } from 'vitest';
import { makeKey } from '@/server/domain/keys/rules';
import { makeTeam } from '../support/team';
import { expectProblem, useApi } from '../support/door';
import { listOperations } from '../support/operations';

const as = useApi();

describe('GET /openapi.json', () => {
  it('answers everybody the same document, that may be kept a while', async () => {
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

  it('has the manners of every path', async () => {
    const options = await as(null).call('OPTIONS', '/openapi.json');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expectProblem(await as(null).post('/openapi.json', {}), 'method_not_allowed');
    expectProblem(await as(null).get(`/openapi.json?key=${makeKey()}`), 'key_in_url');
  });

  it('holds every operation, and no other', async () => {
    const { paths } = (await as(null).get('/openapi.json')).body;
    const described = Object.entries(paths as Record<string, Record<string, { operationId: string }>>).flatMap(
      ([path, item]) =>
        Object.entries(item)
          .filter(([method]) => method !== 'parameters')
          .map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
    );
    expect(described.toSorted()).toEqual(
      listOperations()
        .map(({ method, path, id }) => `${method} ${path} ${id}`)
        .toSorted(),
    );
  });
});
