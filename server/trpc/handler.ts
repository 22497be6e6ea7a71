import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { DomainError } from '@/server/domain/core/errors';
import { BATCH_CALLS_MAX } from '@/server/domain/core/limits';
import { newRequestId } from '@/server/domain/core/ids';
import type { ProcedureContext } from './context';
import { toProblemError, errorShape } from './problem';
import { appRouter } from './router';

/** Where the router is mounted. */
const ENDPOINT = '/api/trpc';

/** How many procedures one request calls, as tRPC will read its path: decoded first, then cut at commas. */
export function countCalls(url: string): number {
  const { pathname } = new URL(url);
  try {
    return decodeURIComponent(pathname).split(',').length;
  } catch {
    return 1;
  }
}

/** Who asks: an actor where a team was named, a person wherever somebody is signed in. */
export type Asker = Pick<ProcedureContext, 'actor' | 'user' | 'origin' | 'spend'>;

/**
 * Answers a request of the pages. An Idempotency-Key is that of one change: with it no batch is taken.
 * @param given.open the session's gate: who asks; what it throws is the answer to every call of the request
 */
export async function handleTrpc(
  request: Request,
  { services, open }: Pick<ProcedureContext, 'services'> & { open: () => Promise<Asker> },
): Promise<Response> {
  const requestId = newRequestId();
  const idempotencyKey = request.headers.get('idempotency-key');
  const response = await fetchRequestHandler({
    endpoint: ENDPOINT,
    req: request,
    router: appRouter,
    allowBatching: idempotencyKey === null,
    maxBatchSize: BATCH_CALLS_MAX,
    // A read may come as a POST, so that what it asks for stands in no URL and no log of URLs.
    allowMethodOverride: true,
    createContext: async () => {
      const ctx = await open().catch((error: unknown) => {
        throw toProblemError(error, requestId);
      });
      return { services, ...ctx, requestId, idempotencyKey };
    },
  });
  response.headers.set('Request-Id', requestId);
  response.headers.set('Cache-Control', 'no-store');
  return response;
}

/** One answer to a request that calls too many procedures, none of which was looked at. */
export function refuseAll(): Response {
  const requestId = newRequestId();
  const detail = `A request calls at most ${BATCH_CALLS_MAX} procedures. Nothing was done.`;
  const refused = toProblemError(new DomainError('invalid_request', { detail }), requestId);
  const headers = { 'Request-Id': requestId, 'Cache-Control': 'no-store' };
  return Response.json({ error: errorShape(refused) }, { status: refused.problem.status, headers });
}
