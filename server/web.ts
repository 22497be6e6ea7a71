import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, Server as NetServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import next from 'next';
import { ConfigError, env, mustBeSafeToServe, takeAddressFromRequests } from '@/server/env';
import { LARGEST_BODY_BYTES } from '@/server/http/body';
import { answerApi } from '@/server/http/api-router';
import { announceStart, endLive } from '@/server/http/live-stream';
import { guardPage } from '@/server/http/security-headers';
import { problemResponse } from '@/server/http/problem';
import { resolvePath } from '@/server/http/request-path';
import { describeFault, endOnFault, log, takeConsole } from '@/server/log';

/** Told to the start script, which does not try again: the settings must change first. */
const EXIT_CONFIG = 78;

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
const ADDRESS = 'x-purser-address';
const FORWARDED_HOST = 'x-forwarded-host';
const FORWARDED_PROTO = 'x-forwarded-proto';

/** Where the framework has the page for what is not there. */
const NOT_FOUND = '/_not-found';

/** Where the API has no operation: its answer is the same 404 as for every path that it does not know, and is counted. */
const NO_OPERATION = '/api/v1/-';

/** Whether a browser asks for a page to show, and for nothing that could be meant for the API. */
const isForUser = ({ method, headers, url = '' }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html') && !/api|%/i.test(url);

/** Idle connections live this long after the last accepted one, for the request that may be under way on them. */
const IDLE_GRACE_MS = 500;
const DRAIN_MS = 10_000;

/** Responses to requests that were read and are not answered yet. */
const active = new Set<ServerResponse>();
let requestsRead = 0;

function isDraining(): boolean {
  return Reflect.get(globalThis, Symbol.for('purser.draining')) === true;
}

/** The address of the client: what a trusted proxy saw, else the other end of the connection. */
function clientAddress(req: IncomingMessage, trustProxy: boolean): string {
  const direct = (req.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  if (!trustProxy) return direct;
  const forwarded = [req.headers['x-forwarded-for']].flat().join(',').split(',').at(-1)?.trim() ?? '';
  const bare = forwarded.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return isIP(bare) ? bare : direct;
}

/**
 * Says under which name, and over what, people reach this: what a trusted proxy was asked, else the Host they sent. Sign-in
 * and the check of Origin rely on it.
 */
function nameSite({ headers }: IncomingMessage, { trustProxy, https }: Channels): void {
  const last = (name: string) => [headers[name]].flat().join(',').split(',').at(-1)?.trim();
  const [host, proto] = trustProxy ? [last(FORWARDED_HOST), last(FORWARDED_PROTO)] : [];
  headers[FORWARDED_HOST] = host || headers.host;
  headers[FORWARDED_PROTO] = proto === 'http' || proto === 'https' ? proto : https ? 'https' : 'http';
}

async function answer(res: ServerResponse, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  res.statusCode = response.status;
  for (const [name, value] of response.headers) res.setHeader(name, value);
  res.setHeader('content-length', body.length);
  res.end(body);
}

/** What a request is for, which is judged once, by its resolved path. */
type Target = 'api' | 'page' | 'nothing';

/**
 * Resolves where a request leads. A path that could be read in two ways leads nowhere. One of the API goes on in its one
 * spelling, so that no other reader of it sees another.
 */
function resolveTarget(req: IncomingMessage): Target {
  // A proxy's form of the target, which servers must accept too.
  if (/^https?:\/\//i.test(req.url ?? '')) req.url = (req.url ?? '').replace(/^https?:\/\/[^/?#]*\/?/i, '/');
  const [path = '', ...query] = (req.url ?? '').split('?');
  const segments = resolvePath(path);
  if (segments === null) return 'nothing';
  if (segments[0] !== 'api' || segments[1] !== 'v1') return 'page';
  req.url = [`/${segments.map(encodeURIComponent).join('/')}`, ...query].join('?');
  return 'api';
}

/** What is refused before any route sees it, or undefined. */
function refusal(req: IncomingMessage, target: Target): Response | undefined {
  if (req.headers.host === undefined && req.httpVersion === '1.1') {
    return problemResponse('invalid_request', { detail: 'The Host field is missing.' });
  }
  if (target !== 'page' && !METHODS.includes(req.method ?? '')) {
    return problemResponse('method_not_allowed', { headers: { Allow: METHODS.join(', ') } });
  }
  // The API has limits of its own, and counts the call.
  if (target === 'page' && Number(req.headers['content-length'] ?? 0) > LARGEST_BODY_BYTES) {
    return problemResponse('payload_too_large', { detail: 'No body may be larger than 12 MiB.' });
  }
  return undefined;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

type Channels = { toNext: Handler; toApi: Handler; trustProxy: boolean; https: boolean; dev: boolean };

async function handle(req: IncomingMessage, res: ServerResponse, channels: Channels): Promise<void> {
  active.add(res);
  requestsRead += 1;
  res.once('close', () => active.delete(res));
  if (isDraining()) res.setHeader('connection', 'close');
  try {
    const target = resolveTarget(req);
    const refused = refusal(req, target);
    if (refused) return await answer(res, refused);
    // Assigned, not appended: whatever a client sends under this name is gone.
    req.headers[ADDRESS] = clientAddress(req, channels.trustProxy);
    nameSite(req, channels);
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

/** Answers on a bare socket, where no response object exists, and closes it. */
async function answerRaw(socket: Duplex, status: string, response: Response): Promise<void> {
  const problem: Record<string, unknown> = await response.json();
  const body = JSON.stringify({ ...problem, status: Number(status.slice(0, 3)) });
  const fields = [...response.headers].filter(([name]) => name !== 'content-length');
  const head = [...fields, ['content-length', Buffer.byteLength(body)], ['connection', 'close']];
  socket.end(`HTTP/1.1 ${status}\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
}

type ClientError = Error & { code?: string };

/** Whether an answer is under way there, into which no other may be mixed. */
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
      ? ['431 Request Header Fields Too Large', 'The header fields, or the address, are too long.']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'The request did not arrive in time.']
        : ['400 Bad Request', 'This is not a well-formed HTTP request.'];
  answerRaw(socket, status, problemResponse('invalid_request', { detail })).catch(() => socket.destroy());
}

function buildServer(channels: () => Channels): Server {
  const server = createServer({
    // Ours is the answer to a missing Host, in the shape of all others.
    requireHostHeader: false,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    // Longer than the minute that balancers keep an idle connection: the side that sends must be the one that closes.
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
 * Ends without losing a request. Readiness says so at once, so that balancers go elsewhere; until they have noticed
 * (`graceMs`), new connections are served, and every response closes its own. Then nothing more is accepted, and what was
 * read is answered.
 */
async function drain(server: Server, graceMs: number): Promise<void> {
  Reflect.set(globalThis, Symbol.for('purser.draining'), true);
  for (const res of active) if (!res.headersSent) res.setHeader('connection', 'close');
  // Streams would go on for ever.
  void endLive();
  await sleep(graceMs);
  await readPending();
  // http's own close would cut idle connections at once, also those on which a request is just under way.
  NetServer.prototype.close.call(server);
  await Promise.race([allAnswered(server), sleep(DRAIN_MS)]);
  log({ msg: 'shutdown', read: requestsRead, unanswered: active.size });
  server.closeAllConnections();
}

/** Lets the event loop accept and read what has arrived: on a busy machine timers run before that. */
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
    if (code === 'EADDRINUSE') throw new ConfigError([`PORT ${port} is taken on ${host}: set PORT to another`]);
    if (code === 'EACCES')
      throw new ConfigError([`PORT ${port} may not be used by this user: set PORT to one above 1023`]);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ConfigError([`HOST ${host} is no address of this machine: set HOST to one, or to 0.0.0.0 for all`]);
    }
    throw error;
  }
}

/** The API's own routes, loaded into this process: its requests need no framework. */
async function loadApi(): Promise<Handler> {
  await import('@/app/api/v1/all');
  return answerApi;
}

async function main(): Promise<void> {
  mustBeSafeToServe(env());
  // What lives long may grow by two fifths before it is looked through. Left alone it may triple, and does while a long
  // export streams, though hardly anything of it is in use.
  setFlagsFromString('--heap-growing-percent=40');
  takeAddressFromRequests();
  const { host, port, trustProxy, https, apiFront, shutdownGraceMs } = env();
  const dev = process.argv.includes('--dev');
  if (!dev) {
    takeConsole();
    endOnFault();
  }
  const notYet: Handler = () => Promise.reject(new Error('not started'));
  let channels: Channels = { toNext: notYet, toApi: notYet, trustProxy, https, dev };
  const server = buildServer(() => channels);
  // Next takes over `upgrade`, on which its development server needs to hear; in production it would drop clients that
  // merely offer HTTP/2, so that it is given a server at which nothing arrives.
  const httpServer = dev ? server : createServer();
  const app = next({ dev, dir: process.cwd(), hostname: host, port, httpServer });
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    drain(server, shutdownGraceMs)
      .then(() => Promise.race([endLive(), sleep(2_000)]))
      .then(() => Promise.race([app.close(), sleep(2_000)]))
      .catch((error: unknown) => log({ msg: 'the end was not clean', level: 'error', ...describeFault(error) }))
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

// Whoever reads the output may be gone before this process is.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else log({ msg: 'the web server could not start', level: 'error', ...describeFault(error) });
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
});
