import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { DomainError, fail, Refusal } from '@/server/domain/core/errors';
import {
  hashRequest,
  isKnownRequest,
  withIdempotency,
  readIdempotencyKey,
  sha256,
  type Answered,
  type Once,
  type Outcome,
} from '@/server/domain/core/idempotency';
import { newRequestId, parseId } from '@/server/domain/core/ids';
import { parseBy } from '@/server/domain/core/validation';
import { rememberUse } from '@/server/domain/teams/api-keys/write';
import { countRefusal } from '@/server/domain/messaging/refusals/write';
import type { KeyMember } from '@/server/domain/teams/api-keys/read';
import { networkOf } from '@/server/domain/identity/login-throttle/rules';
import { env } from '@/server/env';
import { abortedResponse, parseJson, readBytes, RequestAborted } from './body';
import { actorOf, keyOf, authenticateKey, refuseKeyInUrl } from './authenticate';
import { mustAccept } from './accept';
import { csvResponse } from './csv';
import { serveAt, serveElse, type Handler, type Handlers } from './api-router';
import { makeLimiter, makeTeamLimiter, type Allowance } from './rate-limit';
import { describeFault, log } from '@/server/log';
import { emptyBody, register, type Method, type Operation, type Params } from './operation';
import { problemResponse, toProblemResponse } from './problem';
import { failParameter, parseQuery } from './query';
import { services } from './services';

const METHODS: Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Returns the handlers of an API path for every method, including 405, OPTIONS and HEAD, from the description that the
 * OpenAPI document is built from. Each handler is a function of a Request.
 */
export function resource(path: string, spec: { params?: Params } & Partial<Record<Method, Operation>>): Handlers {
  const { params = {}, ...operations } = spec;
  register({ path, params, operations });
  const works = Object.entries(operations).map(([method, operation]): [string, Work] => [
    method,
    (call, route) => respond(call, operation, params, route).catch((error: unknown) => refuse(call, operation, error)),
  ]);
  return handlersOf(path, Object.fromEntries(works));
}

/**
 * Returns the handlers of a path that serves one public document without a key. The document is built on the first
 * request.
 */
export function openDocument(path: string, make: () => object): Handlers {
  let text: string | undefined;
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' };
  return handlersOf(path, {
    GET: async (call) => {
      call.allowance = mustBeAllowed(takeByAddress(call));
      refuseKeyInUrl(call.request);
      mustAccept(call.request, 'application/json');
      return new Response((text ??= JSON.stringify(make())), { headers });
    },
  });
}

type Route = Parameters<Handler>[1];
type Work = (call: Call, route: Route) => Promise<Response>;

function handlersOf(path: string, works: Partial<Record<Method, Work>>): Handlers {
  const allow = allowed(works);
  const handler = (method: Method | 'HEAD'): Handler => {
    const work = works[method === 'HEAD' ? 'GET' : method];
    return (request, route) =>
      answered(
        path,
        request,
        (call) =>
          work
            ? work(call, route)
            : fail('method_not_allowed', { detail: `${method} is not allowed here. Allowed: ${allow}.` }),
        allow,
      );
  };
  const all = Object.fromEntries([...METHODS, 'HEAD' as const].map((method) => [method, handler(method)]));
  const options: Handler = (request) =>
    answered(path, request, async () => new Response(null, { status: 204, headers: { Allow: allow } }), allow);
  return serveAt(path, { ...all, OPTIONS: options } as Handlers);
}

const allowed = (works: Partial<Record<Method, Work>>): string =>
  [...METHODS.flatMap((m) => (works[m] ? (m === 'GET' ? ['GET', 'HEAD'] : [m]) : [])), 'OPTIONS'].join(', ');

/** Returns the handlers for paths that do not exist, in the shape of the API's errors. */
export function unknownPath(): Handlers {
  const handler: Handler = (request) => answered('(unknown)', request, () => fail('not_found'), '');
  const all = Object.fromEntries([...METHODS, 'HEAD', 'OPTIONS'].map((method) => [method, handler]));
  return serveElse(all as Handlers);
}

/** A request in progress, from which its log line and response headers are made. */
type Call = {
  request: Request;
  requestId: string;
  address: string | null;
  keyMember: KeyMember | null;
  allowance: Allowance | null;
};

/** Wraps the handling of a request: one response, one log line, no uncaught exception. */
async function answered(
  path: string,
  request: Request,
  work: (call: Call) => Promise<Response>,
  allow: string,
): Promise<Response> {
  const started = performance.now();
  const address = request.headers.get('x-purser-address');
  const call: Call = { request, requestId: newRequestId(), address, keyMember: null, allowance: null };
  const line = () => ({
    id: call.requestId,
    method: request.method,
    route: path,
    ms: Math.round((performance.now() - started) * 10) / 10,
    team: call.keyMember?.teamId,
    actor: call.keyMember?.memberId,
    address,
  });
  const answer = await Promise.resolve(call)
    .then(work)
    .catch((error: unknown) => (error instanceof RequestAborted ? error : problemOf(call, error, allow)));
  if (answer instanceof RequestAborted) return abortedResponse(line());
  // Requests without a valid key (unknown path, wrong method, OPTIONS) count by address.
  const allowance = call.allowance ?? takeByAddress(call);
  const isOver = call.allowance === null && !allowance.allowed;
  const response = isOver ? problemOf(call, rateLimited(allowance), allow) : answer;
  for (const [name, value] of Object.entries(allowance.headers)) response.headers.set(name, value);
  response.headers.set('Request-Id', call.requestId);
  log({ msg: 'request', level: response.status >= 500 ? 'error' : 'info', status: response.status, ...line() });
  if (request.method !== 'HEAD') return response;
  await response.body?.cancel();
  return new Response(null, response);
}

function problemOf(call: Call, error: unknown, allow: string): Response {
  const { requestId } = call;
  const isMethod = error instanceof DomainError && error.code === 'method_not_allowed';
  return toProblemResponse(error, requestId, isMethod ? { Allow: allow } : undefined);
}

type Limiters = { team: ReturnType<typeof makeTeamLimiter>; address: ReturnType<typeof makeLimiter> };

const LIMITERS = Symbol.for('purser.limiters');

/** One set of limiters per process, because these modules are loaded twice: by the server and by the framework. */
function limits(): Limiters {
  const shared = globalThis as { [LIMITERS]?: Limiters };
  const perSecond = env().rateLimit / env().webProcesses;
  shared[LIMITERS] ??= { team: makeTeamLimiter(perSecond), address: makeLimiter('address', perSecond) };
  return shared[LIMITERS];
}

const takeByAddress = (call: Call): Allowance => limits().address(networkOf(call.address));

const rateLimited = ({ retryAfterSeconds }: Allowance): DomainError =>
  new DomainError('rate_limited', { retryAfterSeconds, detail: `Try again in ${retryAfterSeconds} s.` });

function mustBeAllowed(allowance: Allowance): Allowance {
  if (!allowance.allowed) throw rateLimited(allowance);
  return allowance;
}

async function respond(call: Call, operation: Operation, params: Params, route: Route): Promise<Response> {
  const parts = services();
  const keyMember = await admit(parts, call);
  const ctx = makeContext(parts, actorOf(keyMember, call.address), { requestId: call.requestId });
  const ids = readIds(params, await route.params);
  const member = call.request.headers.get('member');
  if (member !== null && !operation.onBehalf) {
    failParameter('Member', 'The Member header is only for sending messages.');
  }
  mustAccept(call.request, operation.csv ? 'text/csv' : 'application/json');
  const writes = call.request.method !== 'GET' && call.request.method !== 'HEAD';
  const bytes = writes ? await readBytes(call.request, operation.maxBytes) : Buffer.alloc(0);
  if (operation.csv) {
    const query = await parseQuery(operation.query, call.request);
    const name = new URL(call.request.url).pathname.split('/').findLast((part) => part !== '')!;
    return csvResponse(name, operation.csv(ctx, query), 'program');
  }
  const readInput = async () => {
    const query = await parseQuery(operation.query, call.request);
    const body = await readBody(call, operation, writes ? bytes : null).catch((error: unknown) => {
      // Checking a large body costs the same whether it is accepted or refused.
      limits().team(keyMember, Math.floor(bytes.length / BYTES_PER_TOKEN));
      throw error;
    });
    call.allowance = mustBeAllowed(limits().team(keyMember, operation.extraCost(body), performance.now(), 1));
    return { query, body };
  };
  const run = async (inside: Context): Promise<Outcome | Refusal> => {
    const { query, body } = ready ?? (await readInput());
    const onBehalfOf = member === null ? null : readMember(inside, member);
    const prepared = ready?.prepared;
    const result = await operation.run(inside, { params: ids, query, body, onBehalfOf, keyMember, prepared });
    if (result instanceof Refusal) return result;
    return { status: operation.movesNothing?.(result) ? 200 : operation.status, result };
  };
  const key = call.request.method === 'POST' ? readIdempotencyKey(call.request.headers.get('idempotency-key')) : null;
  const request = key === null ? null : { key, hash: hashOf(call.request, member, bytes) };
  const ready = await prepareInput(ctx, operation, request, readInput, ids);
  const outcome = await withIdempotency(ctx, request, operation, run);
  if (operation.sends && outcome instanceof Refusal) countSend(call, outcome.code);
  return print(call, outcome);
}

/** The size of a refused body that costs one rate-limit token, in bytes. */
const BYTES_PER_TOKEN = 100_000;

async function readBody({ request }: Call, { body, maxItems }: Operation, bytes: Buffer | null): Promise<unknown> {
  const json = bytes ? parseJson(bytes, request.headers.get('content-type'), maxItems) : {};
  return parseBy(body ?? emptyBody, json, 'body');
}

/** Rethrows an error, and counts a refused send for its member. */
function refuse(call: Call, operation: Operation, error: unknown): never {
  if (operation.sends && error instanceof DomainError) countSend(call, error.code);
  throw error;
}

function countSend({ request, keyMember }: Call, code: string): void {
  if (!keyMember) return;
  const named = keyMember.role === 'owner' ? request.headers.get('member') : null;
  const memberId = (named === null ? null : parseId('mem', named)) ?? keyMember.memberId;
  countRefusal(services().database.pool, { teamId: keyMember.teamId, memberId }, code);
}

type Read = { query: unknown; body: unknown };

/**
 * Runs the slow part of an operation before its transaction; returns null where there is none, or where a stored answer
 * exists.
 */
async function prepareInput(
  ctx: Context,
  { prepare }: Operation,
  request: Once | null,
  readInput: () => Promise<Read>,
  params: Record<string, string>,
): Promise<(Read & { prepared: unknown }) | null> {
  if (!prepare || (request && (await isKnownRequest(ctx, request)))) return null;
  const read = await readInput();
  return { ...read, prepared: await prepare(ctx, read.body, params) };
}

async function admit(parts: Services, call: Call): Promise<KeyMember> {
  let keyMember: KeyMember;
  try {
    keyMember = await authenticateKey(parts, keyOf(call.request), (inactive) => (call.keyMember = inactive));
  } catch (error) {
    call.allowance = mustBeAllowed(takeByAddress(call));
    throw error;
  }
  call.keyMember = keyMember;
  call.allowance = limits().team(keyMember);
  mustBeAllowed(call.allowance);
  // Not awaited, so that recording the use of a key neither delays nor fails a request.
  rememberUse(parts, keyMember, call.address).catch((error: unknown) =>
    log({ msg: 'last use of a key was not written', level: 'warn', ...describeFault(error) }),
  );
  return keyMember;
}

function readIds(params: Params, given: Awaited<Route['params']>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, prefix]) => [name, parseId(prefix, String(given[name])) ?? fail('not_found')]),
  );
}

function readMember(ctx: Context, header: string): string {
  if (ctx.actor.type === 'member' && ctx.actor.role !== 'owner') fail('owner_required');
  return parseId('mem', header) ?? fail('not_found', { detail: 'The Member header names no member of this team.' });
}

/** Returns the hash that identifies equal requests: method, path, query, Member and body. */
function hashOf(request: Request, member: string | null, body: Buffer): string {
  const { pathname, search } = new URL(request.url);
  return hashRequest([request.method, pathname, search, member, sha256(body)]);
}

function print(call: Call, outcome: Answered | Refusal): Response {
  if (outcome instanceof Refusal) return problemResponse(outcome.code, { ...outcome.facts, requestId: call.requestId });
  return new Response(outcome.text, {
    status: outcome.status,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      ...(outcome.replayed && { 'Idempotent-Replayed': 'true' }),
    },
  });
}
