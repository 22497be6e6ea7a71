import { DomainError } from '@/server/domain/core/errors';
import { newRequestId } from '@/server/domain/core/ids';
import { networkOf } from '@/server/domain/identity/login-throttle/rules';
import type { KeyMember } from '@/server/domain/teams/api-keys/read';
import { env } from '@/server/env';
import { log } from '@/server/log';
import { abortedResponse, RequestAborted } from './body';
import { toProblemResponse } from './problem';
import { makeLimiter, makeTeamLimiter, type Allowance } from './rate-limit';

/** A request in progress, from which its log line and response headers are made. */
export type Call = {
  request: Request;
  requestId: string;
  address: string | null;
  keyMember: KeyMember | null;
  allowance: Allowance | null;
};

/**
 * Wraps the handling of a request: one response, one log line, no uncaught exception.
 * @param path the path as in the OpenAPI document, for the log
 * @param allow the methods of the path, for the `Allow` header
 */
export async function answered(
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

/** Takes a rate-limit token of the caller's network. */
export const takeByAddress = (call: Call): Allowance => limits().address(networkOf(call.address));

/** Takes rate-limit tokens of a key's team. */
export const takeByTeam: Limiters['team'] = (...given) => limits().team(...given);

const rateLimited = ({ retryAfterSeconds }: Allowance): DomainError =>
  new DomainError('rate_limited', { retryAfterSeconds, detail: `Try again in ${retryAfterSeconds} s.` });

/**
 * Returns the allowance of an allowed request.
 * @throws DomainError `rate_limited`
 */
export function mustBeAllowed(allowance: Allowance): Allowance {
  if (!allowance.allowed) throw rateLimited(allowance);
  return allowance;
}
