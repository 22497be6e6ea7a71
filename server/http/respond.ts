import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { DomainError, fail, Refusal } from '@/server/domain/core/errors';
import {
  hashRequest,
  isKnownRequest,
  readIdempotencyKey,
  sha256,
  withIdempotency,
  type Answered,
  type Once,
  type Outcome,
} from '@/server/domain/core/idempotency';
import { parseId } from '@/server/domain/core/ids';
import { parseBy } from '@/server/domain/core/validation';
import { countRefusal } from '@/server/domain/messaging/refusals/write';
import type { KeyMember } from '@/server/domain/teams/api-keys/read';
import { rememberUse } from '@/server/domain/teams/api-keys/write';
import { describeFault, log } from '@/server/log';
import { isTable, noInput, PATH_IDS, pathIdsOf, type Operation, type Table } from '@/server/operations/operation';
import { mustAccept } from './accept';
import { actorOf, authenticateKey, keyOf } from './authenticate';
import { parseJson, readBytes } from './body';
import { mustBeAllowed, takeByAddress, takeByTeam, type Call } from './call';
import { csvResponse } from './csv';
import { problemResponse } from './problem';
import { failParameter, parseQuery } from './query';
import { services } from './services';

/** The values of a path's parameters, as the router read them. */
export type PathValues = Record<string, string | string[] | undefined>;

/** Answers a request to an operation or a table: authenticates its key, reads its input, runs it and prints the result. */
export async function respond(call: Call, declared: Operation | Table, values: PathValues): Promise<Response> {
  if (isTable(declared)) return respondWithTable(call, declared);
  try {
    return await respondWithResult(call, declared, values);
  } catch (error) {
    if (declared.sends && error instanceof DomainError) countSend(call, error.code);
    throw error;
  }
}

async function respondWithTable(call: Call, { input, rows }: Table): Promise<Response> {
  const { ctx } = await admit(services(), call);
  refuseMember(call.request);
  mustAccept(call.request, 'text/csv');
  const filters = await parseQuery(input, call.request);
  const name = new URL(call.request.url).pathname.split('/').findLast((part) => part !== '')!;
  return csvResponse(name, rows(ctx, filters), 'program');
}

async function respondWithResult(call: Call, operation: Operation, values: PathValues): Promise<Response> {
  const { request } = call;
  const { ctx, keyMember } = await admit(services(), call);
  const ids = readIds(operation.path, values);
  if (!operation.onBehalf) refuseMember(request);
  mustAccept(request, 'application/json');
  const bytes = operation.method === 'GET' ? Buffer.alloc(0) : await readBytes(request, operation.maxBytes);
  const readInput = async (): Promise<Input> => {
    const fields = await readFields(request, operation, bytes).catch((error: unknown) => {
      // Checking a large body costs the same whether it is accepted or refused.
      takeByTeam(keyMember, Math.floor(bytes.length / BYTES_PER_TOKEN));
      throw error;
    });
    const input = { ...fields, ...ids };
    call.allowance = mustBeAllowed(takeByTeam(keyMember, operation.extraCost(input), performance.now(), 1));
    return input;
  };
  const member = request.headers.get('member');
  const run = async (inside: Context): Promise<Outcome | Refusal> => {
    const input = ready?.input ?? (await readInput());
    const whole = operation.onBehalf ? { ...input, onBehalfOf: readMember(inside, member) } : input;
    const result = await operation.run(inside, whole, ready?.prepared);
    if (result instanceof Refusal) return result;
    return { status: operation.movesNothing(result) ? 200 : operation.status, result };
  };
  const key = operation.method === 'POST' ? readIdempotencyKey(request.headers.get('idempotency-key')) : null;
  const once = key === null ? null : { key, hash: hashOf(request, member, bytes) };
  const ready = await prepareInput(ctx, operation, once, readInput);
  const outcome = await withIdempotency(ctx, once, operation, run);
  if (operation.sends && outcome instanceof Refusal) countSend(call, outcome.code);
  return print(call, outcome);
}

/** The fields of an input: those of the query or the body, and the ids of the path. */
type Input = Record<string, unknown>;

/** The size of a refused body that costs one rate-limit token, in bytes. */
const BYTES_PER_TOKEN = 100_000;

/** Parses the fields beside the ids of the path: those of the query for a GET, else those of the body. */
async function readFields(request: Request, { method, input, maxItems }: Operation, bytes: Buffer): Promise<object> {
  if (method === 'GET') return (await parseQuery(input, request)) as object;
  await parseQuery(noInput, request);
  return (await parseBy(input, parseJson(bytes, request.headers.get('content-type'), maxItems), 'body')) as object;
}

function countSend({ request, keyMember }: Call, code: string): void {
  if (!keyMember) return;
  const named = keyMember.role === 'owner' ? request.headers.get('member') : null;
  const memberId = (named === null ? null : parseId('mem', named)) ?? keyMember.memberId;
  countRefusal(services().database.pool, { teamId: keyMember.teamId, memberId }, code);
}

/**
 * Runs the slow part of an operation before its transaction; returns null where there is none, or where a stored answer
 * exists.
 */
async function prepareInput(
  ctx: Context,
  { prepare }: Operation,
  once: Once | null,
  readInput: () => Promise<Input>,
): Promise<{ input: Input; prepared: unknown } | null> {
  if (!prepare || (once && (await isKnownRequest(ctx, once)))) return null;
  const input = await readInput();
  return { input, prepared: await prepare(ctx, input) };
}

/** Authenticates the key of a request and counts the request against its team, or its address without a valid key. */
async function admit(parts: Services, call: Call): Promise<{ ctx: Context; keyMember: KeyMember }> {
  let keyMember: KeyMember;
  try {
    keyMember = await authenticateKey(parts, keyOf(call.request), (inactive) => (call.keyMember = inactive));
  } catch (error) {
    call.allowance = mustBeAllowed(takeByAddress(call));
    throw error;
  }
  call.keyMember = keyMember;
  call.allowance = takeByTeam(keyMember);
  mustBeAllowed(call.allowance);
  // Not awaited, so that recording the use of a key neither delays nor fails a request.
  rememberUse(parts, keyMember, call.address).catch((error: unknown) =>
    log({ msg: 'last use of a key was not written', level: 'warn', ...describeFault(error) }),
  );
  return { ctx: makeContext(parts, actorOf(keyMember, call.address), { requestId: call.requestId }), keyMember };
}

const readIds = (path: string, values: PathValues): Record<string, string> =>
  Object.fromEntries(
    pathIdsOf(path).map((name) => [name, parseId(PATH_IDS[name], String(values[name])) ?? fail('not_found')]),
  );

function refuseMember({ headers }: Request): void {
  if (headers.has('member')) failParameter('Member', 'The Member header is only for sending messages.');
}

function readMember({ actor }: Context, header: string | null): string | null {
  if (header === null) return null;
  if (actor.type === 'member' && actor.role !== 'owner') fail('owner_required');
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
