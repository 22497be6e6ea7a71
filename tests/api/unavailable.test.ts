import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '@/server/domain/teams/api-keys/rules';
import { serveApi, type Api } from '../support/api';
import { expectProblem } from '../support/api-client';

// A port where nothing listens, set before the first request of this file opens the pool.
process.env['DATABASE_URL'] = 'postgres://purser:secret@127.0.0.1:1/purser';

let api: Api;

beforeAll(async () => {
  api = await serveApi();
});
afterAll(() => api.close());

describe('while the database is away', () => {
  it('every call with a key is answered with 503 and Retry-After, without the reason', async () => {
    for (const [method, path, body] of [
      ['GET', '/me', undefined],
      ['POST', '/messages', {}],
      ['GET', '/members/x', undefined],
    ] as const) {
      const answer = await api.call(method, path, { key: makeKey(), body });
      expectProblem(answer, 'unavailable');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|postgres/i);
    }
  });

  it('calls that need no database succeed', async () => {
    expectProblem(await api.call('GET', '/me', { key: null }), 'missing_key');
    expectProblem(await api.call('GET', '/me', { key: `${makeKey()}x` }), 'invalid_key');
    expectProblem(await api.call('PUT', '/me', { key: makeKey(), body: {} }), 'method_not_allowed');
    expect((await api.call('OPTIONS', '/me')).status).toBe(204);
  });
});
