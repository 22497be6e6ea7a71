import { describe, expect, it } from 'vitest';
import { resolvePath } from '@/server/http/request-path';

describe('a request path', () => {
  it.each([
    ['/', []],
    ['/api/v1/me', ['api', 'v1', 'me']],
    ['/api/v1/me/', ['api', 'v1', 'me']],
    ['/api/%761/m%65', ['api', 'v1', 'me']],
    ['/acme/members', ['acme', 'members']],
    ['/api/trpc/a,b%2Cc', ['api', 'trpc', 'a,b,c']],
    ['/caf%C3%A9', ['café']],
    ['/a.b/..c/d..', ['a.b', '..c', 'd..']],
  ])('%s is unambiguous', (path, segments) => expect(resolvePath(path)).toEqual(segments));

  it.each([
    '',
    'api/v1/me',
    '*',
    '/api/./v1/me',
    '/api/%2e/v1/me',
    '/x/../api/v1/me',
    '/x/%2E%2e/api/v1/me',
    '//api/v1/me',
    '/api//v1/me',
    '/api/v1/me//',
    '/api%2Fv1/me',
    '/api%5cv1/me',
    '/api\\v1\\me',
    '/api/v1/me#x',
    '/api/v1/members/..%2f..%2fme',
    '/api/v1/%E0%A4%A',
    '/api/v1/%',
    '/api/v1/me%00',
    '/api/v1/%0d%0ame',
  ])('%s is ambiguous', (path) => expect(resolvePath(path)).toBeNull());
});
