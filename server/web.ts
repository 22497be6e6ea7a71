import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import next from 'next';
import { ConfigError, env, EXIT_CONFIG, mustBeSafeToServe, takeAddressFromRequests } from '@/server/env';
import { LARGEST_BODY_BYTES } from '@/server/http/body';
import { announceStart, endLive } from '@/server/http/live-stream';
import { guardPage } from '@/server/http/security-headers';
import { problemResponse } from '@/server/http/problem';
import { resolvePath } from '@/server/http/request-path';
import { readSender, trustProxies, type IsTrusted, type Sender } from '@/server/http/trusted-proxies';
import { describeFault, endOnFault, log, redirectConsole } from '@/server/log';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
const ADDRESS = 'x-purser-address';
const FORWARDED_HOST = 'x-forwarded-host';
const FORWARDED_PROTO = 'x-forwarded-proto';

/** The framework's path of the not-found page. */
const NOT_FOUND = '/_not-found';

/** An API path without an operation: it gives the API's usual 404, which counts towards the rate limit. */
const NO_OPERATION = '/api/v1/-';

/** Returns whether a browser requests a page, and certainly not the API. */
const isForUser = ({ method, headers, url = '' }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html') && !/api|%/i.test(url);

/** Milliseconds for which idle connections stay open after the last accept, for requests still in transit. */
const IDLE_GRACE_MS = 500;
const DRAIN_MS = 10_000;

/** Responses that are not finished yet. */
const active = new Set<ServerResponse>();
let requestsRead = 0;

function isDraining(): boolean {
  return Reflect.get(globalThis, Symbol.for('purser.draining')) === true;
}

/**
 * Sets the forwarded host and protocol: those of a trusted proxy, else the Host header and the configured protocol. Sign-in
 * and the Origin check rely on them.
 */
function nameSite({ headers }: IncomingMessage, { host, protocol }: Sender, https: boolean): void {
  headers[FORWARDED_HOST] = host ?? headers.host;
  headers[FORWARDED_PROTO] = protocol ?? (https ? 'https' : 'http');
}

async function answer(res: ServerResponse, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  res.statusCode = response.status;
  for (const [name, value] of response.headers) res.setHeader(name, value);
  res.setHeader('content-length', body.length);
  res.end(body);
}

/** The target of a request, decided once by its resolved path. */
type Target = 'api' | 'page' | 'nothing';

/**
 * Resolves the target of a request. An ambiguous path has none. An API path is rewritten to its canonical form, so that no
 * later reader interprets it differently.
 */
function resolveTarget(req: IncomingMessage): Target {
  // The absolute form of the request target, which servers must accept (RFC 9112, 3.2.2).
  if (/^https?:\/\//i.test(req.url ?? '')) req.url = (req.url ?? '').replace(/^https?:\/\/[^/?#]*\/?/i, '/');
  const [path = '', ...query] = (req.url ?? '').split('?');
  const segments = resolvePath(path);
  if (segments === null) return 'nothing';
  if (segments[0] !== 'api' || segments[1] !== 'v1') return 'page';
  req.url = [`/${segments.map(encodeURIComponent).join('/')}`, ...query].join('?');
  return 'api';
}

/** Returns the response to a request that is refused before routing, or undefined. */
function refusal(req: IncomingMessage, target: Target): Response | undefined {
  if (req.headers.host === undefined && req.httpVersion === '1.1') {
    return problemResponse('invalid_request', { detail: 'The `Host` header is required.' });
  }
  if (target !== 'page' && !METHODS.includes(req.method ?? '')) {
    return problemResponse('method_not_allowed', { headers: { Allow: METHODS.join(', ') } });
  }
  // The API applies its own limits and counts the call.
  if (target === 'page' && Number(req.headers['content-length'] ?? 0) > LARGEST_BODY_BYTES) {
    return problemResponse('payload_too_large', { detail: 'A body may have up to 12 MiB.' });
  }
  return undefined;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

type Channels = { toNext: Handler; toApi: Handler; isTrusted: IsTrusted; https: boolean; dev: boolean };

async function handle(req: IncomingMessage, res: ServerResponse, channels: Channels): Promise<void> {
  active.add(res);
  requestsRead += 1;
  res.once('close', () => active.delete(res));
  if (isDraining()) res.setHeader('connection', 'close');
  try {
    const target = resolveTarget(req);
    const refused = refusal(req, target);
    if (refused) return await answer(res, refused);
    const sender = readSender(req, channels.isTrusted);
    // Assigned instead of appended, to overwrite a value that the client sent.
    req.headers[ADDRESS] = sender.address;
    nameSite(req, sender, channels.https);
    if (target === 'nothing') req.url = isForUser(req) ? NOT_FOUND : NO_OPERATION;
    if (target === 'api' || req.url === NO_OPERATION) return await channels.toApi(req, res);
    guardPage(req, res, channels);
    await channels.toNext(req, res);
  } catch (error) {
    log({ msg: 'a request failed', level: 'error', ...describeFault(error) });
    if (res.headersSent) res.destroy();
    else await answer(res, problemResponse('internal'));
  }
}

/** Writes a response to a bare socket, for which no response object exists, and closes it. */
async function answerRaw(socket: Duplex, status: string, response: Response): Promise<void> {
  const problem: Record<string, unknown> = await response.json();
  const body = JSON.stringify({ ...problem, status: Number(status.slice(0, 3)) });
  const fields = [...response.headers].filter(([name]) => name !== 'content-length');
  const head = [...fields, ['content-length', Buffer.byteLength(body)], ['connection', 'close']];
  socket.end(`HTTP/1.1 ${status}\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
}

type ClientError = Error & { code?: string };

/** Returns whether a response is being written to the socket, so that no other may be mixed in. */
function isAnswering(socket: Duplex): boolean {
  return [...active].some((res) => res.socket === socket && res.headersSent);
}

function onClientError(error: ClientError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const [status, detail] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The headers or the URL are too long.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request did not arrive in time.']
        : ['400 Bad Request', 'This is not a well-formed HTTP request.'];
  answerRaw(socket, status, problemResponse('invalid_request', { detail })).catch(() => socket.destroy());
}

function buildServer(channels: () => Channels): Server {
  const server = createServer({
    // A missing Host is answered by `refusal`, in the same form as other errors.
    requireHostHeader: false,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    // Longer than the minute for which load balancers keep idle connections, so that the sending side closes them.
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5_000,
  });
  server.setTimeout(120_000);
  const listener = (req: IncomingMessage, res: ServerResponse) => void handle(req, res, channels());
  server.on('request', listener);
  server.on('checkExpectation', listener);
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    if (Number(req.headers['content-length'] ?? 0) <= LARGEST_BODY_BYTES) res.writeContinue();
    listener(req, res);
  });
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => {
    const refused = problemResponse('method_not_allowed', { headers: { Allow: METHODS.join(', ') } });
    answerRaw(socket, '405 Method Not Allowed', refused).catch(() => socket.destroy());
  });
  server.on('clientError', onClientError);
  return server;
}

/**
 * Shuts down without losing a request. Readiness fails at once, so that load balancers turn away; for `graceMs`, new
 * connections are still served and every response closes its own. Then the server stops accepting and finishes what it read.
 */
async function drain(server: Server, graceMs: number): Promise<void> {
  Reflect.set(globalThis, Symbol.for('purser.draining'), true);
  for (const res of active) if (!res.headersSent) res.setHeader('connection', 'close');
  // Streams never end by themselves.
  void endLive();
  await sleep(graceMs);
  await readPending();
  // The close method of http would cut idle connections at once, even with a request in transit.
  NetServer.prototype.close.call(server);
  await Promise.race([allAnswered(server), sleep(DRAIN_MS)]);
  log({ msg: 'shutdown', read: requestsRead, unanswered: active.size });
  server.closeAllConnections();
}

/** Lets the event loop accept and read pending input: on a busy machine timers run first. */
async function readPending(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

async function allAnswered(server: Server): Promise<void> {
  const connections = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  if (connections !== 0) await sleep(IDLE_GRACE_MS);
  await readPending();
  while (active.size > 0) {
    await sleep(10);
    await readPending();
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    server.listen({ port, host, backlog: 1024 });
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new ConfigError([`PORT ${port} is already in use on ${host}: set PORT to another`]);
    if (code === 'EACCES')
      throw new ConfigError([`PORT ${port} is not allowed for this user: set PORT to one above 1023`]);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ConfigError([`HOST ${host} is not an address of this machine: set HOST to one, or to 0.0.0.0 for all`]);
    }
    throw error;
  }
}

/** Loads the API into this process, which then serves it without the framework. */
const loadApi = async (): Promise<Handler> => (await import('@/server/http/api-router')).answerApi;

async function main(): Promise<void> {
  mustBeSafeToServe(env());
  // Lets the old generation grow by 40 % before a major garbage collection. By default it may triple, and does while a
  // long export streams, although little of it is in use.
  setFlagsFromString('--heap-growing-percent=40');
  takeAddressFromRequests();
  const { host, port, trustProxy, https, apiFront, shutdownGraceMs } = env();
  const dev = process.argv.includes('--dev');
  if (!dev) {
    redirectConsole();
    endOnFault();
  }
  const notYet: Handler = () => Promise.reject(new Error('not started'));
  let channels: Channels = { toNext: notYet, toApi: notYet, isTrusted: trustProxies(trustProxy), https, dev };
  const server = buildServer(() => channels);
  // Next handles `upgrade` events, which its development server needs. In production it would drop clients that offer
  // HTTP/2, so it gets a server that receives nothing.
  const httpServer = dev ? server : createServer();
  const app = next({ dev, dir: process.cwd(), hostname: host, port, httpServer });
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    drain(server, shutdownGraceMs)
      .then(() => Promise.race([endLive(), sleep(2_000)]))
      .then(() => Promise.race([app.close(), sleep(2_000)]))
      .catch((error: unknown) => log({ msg: 'shutdown failed', level: 'error', ...describeFault(error) }))
      .finally(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  await app.prepare();
  const toNext = app.getRequestHandler();
  channels = { ...channels, toNext, toApi: apiFront ? await loadApi() : toNext };
  if (ending) return;
  await listen(server, port, host);
  announceStart();
}

// The reader of the output may end before this process.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else log({ msg: 'the web server could not start', level: 'error', ...describeFault(error) });
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
});
