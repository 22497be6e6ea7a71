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
import { actorOf, keyOf, openGate, refuseKeyInUrl } from './authenticate';
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
 * A path of the public API: handlers for every method, so that 405, OPTIONS and HEAD are answered in our way, from one
 * description that the API's document is made from too. Each is a plain function of a Request.
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

/** A path that answers one document to everybody, without a key. It is made once, when it is first asked for. */
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
            : fail('method_not_allowed', { detail: `${method} is not allowed here; ${allow} are.` }),
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

/** The answer where no path of the API matches, in the API's own shape. */
export function unknownPath(): Handlers {
  const handler: Handler = (request) => answered('(unknown)', request, () => fail('not_found'), '');
  const all = Object.fromEntries([...METHODS, 'HEAD', 'OPTIONS'].map((method) => [method, handler]));
  return serveElse(all as Handlers);
}

/** A request on its way: what its log line and the fields of its answer are made from. */
type Call = {
  request: Request;
  requestId: string;
  address: string | null;
  holder: KeyMember | null;
  allowance: Allowance | null;
};

/** Wraps all that can happen in one request: one answer, one log line, no exception beyond. */
async function answered(
  path: string,
  request: Request,
  work: (call: Call) => Promise<Response>,
  allow: string,
): Promise<Response> {
  const started = performance.now();
  const address = request.headers.get('x-purser-address');
  const call: Call = { request, requestId: newRequestId(), address, holder: null, allowance: null };
  const line = () => ({
    id: call.requestId,
    method: request.method,
    route: path,
    ms: Math.round((performance.now() - started) * 10) / 10,
    team: call.holder?.teamId,
    actor: call.holder?.memberId,
    address,
  });
  const answer = await Promise.resolve(call)
    .then(work)
    .catch((error: unknown) => (error instanceof RequestAborted ? error : problemOf(call, error, allow)));
  if (answer instanceof RequestAborted) return abortedResponse(line());
  // Whatever was answered without a key that counts (an unknown path, a wrong method, OPTIONS) counts by address.
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

/** One set a process: these modules are loaded twice in it, by the server and by the web framework. */
function limits(): Limiters {
  const shared = globalThis as { [LIMITERS]?: Limiters };
  const perSecond = env().rateLimit / env().webProcesses;
  shared[LIMITERS] ??= { team: makeTeamLimiter(perSecond), address: makeLimiter('address', perSecond) };
  return shared[LIMITERS];
}

const takeByAddress = (call: Call): Allowance => limits().address(networkOf(call.address));

const rateLimited = ({ retryAfterSeconds }: Allowance): DomainError =>
  new DomainError('rate_limited', { retryAfterSeconds, detail: `Ask again in ${retryAfterSeconds} s.` });

function mustBeAllowed(allowance: Allowance): Allowance {
  if (!allowance.allowed) throw rateLimited(allowance);
  return allowance;
}

async function respond(call: Call, operation: Operation, params: Params, route: Route): Promise<Response> {
  const parts = services();
  const holder = await admit(parts, call);
  const ctx = makeContext(parts, actorOf(holder, call.address), { requestId: call.requestId });
  const ids = readIds(params, await route.params);
  const member = call.request.headers.get('member');
  if (member !== null && !operation.onBehalf) {
    failParameter('Member', 'The Member field is for sending messages alone.');
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
      // Judging a large body costs the same whether it is accepted or not.
      limits().team(holder, Math.floor(bytes.length / BYTES_PER_TOKEN));
      throw error;
    });
    call.allowance = mustBeAllowed(limits().team(holder, operation.extraCost(body), performance.now(), 1));
    return { query, body };
  };
  const run = async (inside: Context): Promise<Outcome | Refusal> => {
    const { query, body } = ready ?? (await readInput());
    const onBehalfOf = member === null ? null : readMember(inside, member);
    const prepared = ready?.prepared;
    const result = await operation.run(inside, { params: ids, query, body, onBehalfOf, holder, prepared });
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

/** What a refused body costs of the allowance: one token for so many bytes. */
const BYTES_PER_TOKEN = 100_000;

async function readBody({ request }: Call, { body, maxItems }: Operation, bytes: Buffer | null): Promise<unknown> {
  const json = bytes ? parseJson(bytes, request.headers.get('content-type'), maxItems) : {};
  return parseBy(body ?? emptyBody, json, 'body');
}

/** Passes an error on. Of a send that was refused it counts whose it was. */
function refuse(call: Call, operation: Operation, error: unknown): never {
  if (operation.sends && error instanceof DomainError) countSend(call, error.code);
  throw error;
}

function countSend({ request, holder }: Call, code: string): void {
  if (!holder) return;
  const named = holder.role === 'owner' ? request.headers.get('member') : null;
  const memberId = (named === null ? null : parseId('mem', named)) ?? holder.memberId;
  countRefusal(services().database.pool, { teamId: holder.teamId, memberId }, code);
}

type Read = { query: unknown; body: unknown };

/** Does what an operation has to do before its transaction; null where it has nothing to do, or was answered before. */
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
  let holder: KeyMember;
  try {
    holder = await openGate(parts, keyOf(call.request), (inactive) => (call.holder = inactive));
  } catch (error) {
    call.allowance = mustBeAllowed(takeByAddress(call));
    throw error;
  }
  call.holder = holder;
  call.allowance = limits().team(holder);
  mustBeAllowed(call.allowance);
  // Not waited for: no request is slower, and none fails, for a note of when its key was used.
  rememberUse(parts, holder, call.address).catch((error: unknown) =>
    log({ msg: 'last use of a key was not written', level: 'warn', ...describeFault(error) }),
  );
  return holder;
}

function readIds(params: Params, given: Awaited<Route['params']>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, prefix]) => [name, parseId(prefix, String(given[name])) ?? fail('not_found')]),
  );
}

function readMember(ctx: Context, header: string): string {
  if (ctx.actor.type === 'member' && ctx.actor.role !== 'owner') fail('owner_required');
  return parseId('mem', header) ?? fail('not_found', { detail: 'The Member field names no member of this team.' });
}

/** What makes two requests the same: method, path, query, Member and body. */
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
