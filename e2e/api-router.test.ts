import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { expect, runningProduct, test } from './support/browser';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();
const { hostname, port } = new URL(url);

type Answer = { status: number; headers: IncomingHttpHeaders; text: string };
type Options = { headers?: Record<string, string>; body?: Buffer | string; chunked?: boolean };

/** Sends a request exactly as written: no path is normalised, no header added. */
function send(method: string, path: string, options: Options = {}): Promise<Answer> {
  const { body, chunked } = options;
  const length: Record<string, string> =
    body === undefined || chunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const headers = { ...length, ...options.headers };
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, method, path, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString('utf8'),
        }),
      );
    });
    // The server may respond and close before it has read a whole body that is too large.
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends bytes on a plain socket and returns everything that is received. */
function sendRaw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let received = '';
    socket.setEncoding('utf8').on('data', (part: string) => (received += part));
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

function expectProblem(answer: Answer, code: ErrorCode, status: number = ERRORS[code].status): void {
  expect([answer.status, answer.headers['content-type']], answer.text).toEqual([status, 'application/problem+json']);
  expect(answer.headers['cache-control']).toBe('no-store');
  const body = JSON.parse(answer.text);
  expect(body).toMatchObject({ type: `/docs/errors/${code}`, title: ERRORS[code].title, status, code });
  expect(body.detail).toMatch(/\S/);
  expect(body.requestId).toBe(answer.headers['request-id']);
}

let team: Team;
let bearer: Record<string, string>;
test.beforeAll(async () => {
  team = await createTeamByCommand('Router', '10.00');
  bearer = { Authorization: `Bearer ${team.apiKey}` };
});

test.describe('the API through the real server', () => {
  test('answers HEAD as GET, without a body', async () => {
    const { status, headers, text } = await send('HEAD', '/api/v1/me', { headers: bearer });
    expect([status, headers['content-type'], text]).toEqual([200, 'application/json', '']);
    expect((await send('HEAD', '/api/v1/nothing', { headers: bearer })).status).toBe(404);
  });

  test('answers OPTIONS with the allowed methods, without a key', async () => {
    const { status, headers, text } = await send('OPTIONS', '/api/v1/members');
    expect([status, headers.allow, text]).toEqual([204, 'GET, HEAD, POST, OPTIONS', '']);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  for (const [method, path, allow] of [
    ['PUT', '/api/v1/me', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/api/v1/messages', 'GET, HEAD, POST, OPTIONS'],
    ['GET', '/api/v1/messages/estimate', 'POST, OPTIONS'],
    ['PURGE', '/api/v1/me', 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE'],
    ['TRACE', '/api/v1/me', 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE'],
    ['PROPFIND', '/api/v1/nothing', 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE'],
  ] as const) {
    test(`answers ${method} ${path} with 405 and the allowed methods`, async () => {
      const answer = await send(method, path, { headers: bearer });
      expectProblem(answer, 'method_not_allowed');
      expect(answer.headers.allow).toBe(allow);
    });
  }

  for (const path of [
    '/api/v1',
    '/api/v1/',
    '/api/v1/nothing',
    '/api/v1/members/mem_x/nothing',
    '/api/v1/%E0%A4%A',
    '/api/v1/%',
    '/api/v1/members/%zz',
    '/api/v1/members/..%2f..%2fme',
  ]) {
    test(`answers an unknown path with a problem document: ${path}`, async () =>
      expectProblem(await send('GET', path, { headers: bearer }), 'not_found'));
  }

  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    test(`answers ${method} of an unknown path with a problem document`, async () =>
      expectProblem(await send(method, '/api/v1/nothing', { headers: bearer }), 'not_found'));
  }

  test('accepts a trailing slash', async () => {
    expect((await send('GET', '/api/v1/me/', { headers: bearer })).status).toBe(200);
  });

  test('requires a key, and refuses one in the address', async () => {
    const missing = await send('GET', '/api/v1/me');
    expectProblem(missing, 'missing_key');
    expect(missing.headers['www-authenticate']).toBe('Bearer realm="purser"');
    const wrong = await send('GET', '/api/v1/me', {
      headers: { Authorization: `Bearer ${team.apiKey.slice(0, -1)}!` },
    });
    expectProblem(wrong, 'invalid_key');
    expectProblem(await send('GET', `/api/v1/me?key=${team.apiKey}`, { headers: bearer }), 'key_in_url');
  });

  test('refuses a body above 1 MiB, by its declared length, in chunks, and above the server’s hard limit', async () => {
    const headers = { ...bearer, 'Content-Type': 'application/json' };
    const large = Buffer.alloc(1_048_577, 'a');
    expectProblem(await send('POST', '/api/v1/messages', { headers, body: large }), 'payload_too_large');
    expectProblem(await send('POST', '/api/v1/messages', { headers, body: large, chunked: true }), 'payload_too_large');
    const received = await sendRaw(
      `POST /api/v1/messages HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 13000000\r\nAuthorization: ${bearer['Authorization']}\r\nConnection: close\r\n\r\n`,
    );
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received).toContain('"code":"payload_too_large"');
  });

  test('sends 100 Continue only when it will accept the body', async () => {
    const start = `POST /api/v1/members HTTP/1.1\r\nHost: ${hostname}\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n`;
    const refused = await sendRaw(
      `${start}Authorization: ${bearer['Authorization']}\r\nContent-Length: 13000000\r\nConnection: close\r\n\r\n`,
    );
    expect(refused).toMatch(/^HTTP\/1\.1 413 /);
    const taken = await sendRaw(
      `${start}Authorization: ${bearer['Authorization']}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );
    expect(taken).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
  });

  test('answers malformed HTTP, a missing Host and an oversized header with a problem, and keeps serving', async () => {
    expect(await sendRaw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"code":"invalid_request"/);
    expect(await sendRaw('GET /api/v1/me HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*Host/);
    const long = `GET /api/v1/me HTTP/1.1\r\nHost: ${hostname}\r\nX-Long: ${'a'.repeat(70_000)}\r\n\r\n`;
    expect(await sendRaw(long)).toMatch(/^HTTP\/1\.1 431 [^]*"code":"invalid_request"/);
    expect((await send('GET', '/api/v1/me', { headers: bearer })).status).toBe(200);
  });

  test('does not trust a client’s claim about its own address', async () => {
    // With TRUST_PROXY off, calls without a key are counted by the address of the connection.
    const spoofed = await send('GET', '/api/v1/me', {
      headers: { 'X-Purser-Address': '203.0.113.9', 'X-Forwarded-For': '203.0.113.9' },
    });
    expectProblem(spoofed, 'missing_key');
    expect(spoofed.headers['ratelimit-policy']).toMatch(/^"address"/);
  });
});

test.describe('outside the API', () => {
  test('reports that it is alive and ready', async () => {
    const health = await send('GET', '/api/health');
    expect([health.status, JSON.parse(health.text), health.headers['cache-control']]).toEqual([
      200,
      { ok: true },
      'no-store',
    ]);
    const ready = await send('GET', '/api/ready');
    expect([ready.status, JSON.parse(ready.text), ready.headers['cache-control']]).toEqual([
      200,
      { ready: true, oldestDueJobSeconds: expect.any(Number), workerAlive: true },
      'no-store',
    ]);
  });

  test('has a page for every error code', async () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const { status, headers, text } = await send('GET', `/docs/errors/${code}`);
      expect([code, status, headers['content-type']]).toEqual([code, 200, 'text/html; charset=utf-8']);
      expect(text).toContain(code);
    }
    expect((await send('GET', '/docs/errors/nothing')).status).toBe(404);
  });

  test('has a home page, and a page for unknown addresses', async () => {
    const first = await send('GET', '/');
    // The location is relative, so that it works under any host name.
    expect([first.status, first.headers.location]).toEqual([307, '/sign-in']);
    expect((await send('GET', '/sign-in')).text).toContain('Purser');
    expect((await send('GET', '/docs/nowhere')).status).toBe(404);
    expect((await send('GET', '/%E0%A4%A')).status).toBe(404);
  });

  test('does not reveal the software that it runs on', async () => {
    for (const path of ['/', '/api/v1/me', '/api/health']) {
      const { headers } = await send('GET', path);
      expect([headers['x-powered-by'], headers.server]).toEqual([undefined, undefined]);
    }
  });
});
