import 'server-only';
import { currentUser, requestOrigin, findPlaceInTeam } from '@/server/auth';
import { fail } from '@/server/domain/core/errors';
import { BATCH_CALLS_MAX } from '@/server/domain/core/limits';
import { networkOf } from '@/server/domain/identity/login-throttle/rules';
import { env } from '@/server/env';
import { abortedResponse, BODY_MAX_BYTES, readBytes, RequestAborted } from '@/server/http/body';
import { makeLimiter } from '@/server/http/rate-limit';
import { mustComeFromHere } from '@/server/http/origin';
import { services } from '@/server/http/services';
import { maxBytesOf } from './bodies';
import { countCalls, handleTrpc, refuseAll, type Caller } from './handler';

/** The header that names the page's team, by slug. */
const TEAM_FIELD = 'x-purser-team';

/** Answers a tRPC request of a signed-in user: as the member of the team it names, or without a team. */
export async function answerTrpc(request: Request): Promise<Response> {
  let allowance: Record<string, string> = {};
  // Counted before the body and the session are read, so that too many calls are refused cheaply.
  if (countCalls(request.url) > BATCH_CALLS_MAX) return refuseAll();
  const asked = await withBody(request).catch((error: unknown) => ({ error }));
  if ('error' in asked && asked.error instanceof RequestAborted) {
    limiterOf()(networkOf(request.headers.get('x-purser-address')));
    return abortedResponse({ route: '/api/trpc', address: request.headers.get('x-purser-address') });
  }
  const open = async (): Promise<Caller> => {
    if ('error' in asked) throw asked.error;
    if (request.method !== 'GET') mustComeFromHere(request);
    const { ctx, refuse } = await callerOf(request.headers.get(TEAM_FIELD));
    const whole = { ...ctx, origin: await requestOrigin() };
    allowance = mustBeAllowed(whole, request);
    return refuse ? refuse() : { ...whole, spend: (cost) => void (cost > 0 && take(whole, cost, 1)) };
  };
  const whole = 'error' in asked ? request : asked;
  const response = await handleTrpc(whole, { services: services(), open });
  for (const [name, value] of Object.entries(allowance)) response.headers.set(name, value);
  return response;
}

/** Returns the same request with its body read. A large body is read only for a signed-in user. */
async function withBody(request: Request): Promise<Request> {
  const { method, headers, url } = request;
  if (method === 'GET' || method === 'HEAD') return request;
  const allowed = maxBytesOf(url);
  const max = allowed > BODY_MAX_BYTES && !(await currentUser()) ? BODY_MAX_BYTES : allowed;
  return new Request(url, { method, headers, body: new Uint8Array(await readBytes(request, max)) });
}

async function callerOf(slug: string | null): Promise<{ ctx: Omit<Caller, 'origin'>; refuse?: () => never }> {
  if (slug === null) return { ctx: { actor: null, user: await currentUser() } };
  const place = await findPlaceInTeam(slug);
  if (place.ok) return { ctx: { actor: place.actor, user: place.user } };
  if (place.reason === 'signed-out') return { ctx: { actor: null, user: null } };
  const code = place.reason === 'inactive' ? 'member_inactive' : 'not_found';
  return { ctx: { actor: null, user: place.user }, refuse: () => fail(code) };
}

let limiter: ReturnType<typeof makeLimiter> | undefined;

const limiterOf = () => (limiter ??= makeLimiter('user', env().rateLimit / env().webProcesses));

/** Counts a request, with every call of a batch, against its user, or its address without one. */
function mustBeAllowed({ user, origin }: Caller, { url }: Request): Record<string, string> {
  return take({ user, origin }, countCalls(url));
}

function take({ user, origin }: Pick<Caller, 'user' | 'origin'>, cost: number, taken = 0): Record<string, string> {
  const { allowed, retryAfterSeconds, headers } = limiterOf()(
    user?.userId ?? networkOf(origin.address),
    cost,
    performance.now(),
    taken,
  );
  if (!allowed) fail('rate_limited', { retryAfterSeconds, detail: `Try again in ${retryAfterSeconds} s.` });
  return headers;
}
