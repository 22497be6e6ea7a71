import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { DomainError } from '@/server/domain/core/errors';
import { BATCH_CALLS_MAX } from '@/server/domain/core/limits';
import { newRequestId } from '@/server/domain/core/ids';
import type { ProcedureContext } from './context';
import { toProblemError, errorShape } from './problem';
import { appRouter } from './router';

/** The path of the router. */
const ENDPOINT = '/api/trpc';

/** Returns how many procedures a request calls, in tRPC's way of parsing the path: decode, then split at commas. */
export function countCalls(url: string): number {
  const { pathname } = new URL(url);
  try {
    return decodeURIComponent(pathname).split(',').length;
  } catch {
    return 1;
  }
}

/** The caller of a request: an actor if a team was named, a user if somebody is signed in. */
export type Caller = Pick<ProcedureContext, 'actor' | 'user' | 'origin' | 'spend'>;

/**
 * Answers a tRPC request. An Idempotency-Key belongs to one command, so batches are refused with it.
 * @param given.open authenticates the caller; an error it throws is the answer to every call of the request
 */
export async function handleTrpc(
  request: Request,
  { services, open }: Pick<ProcedureContext, 'services'> & { open: () => Promise<Caller> },
): Promise<Response> {
  const requestId = newRequestId();
  const idempotencyKey = request.headers.get('idempotency-key');
  const response = await fetchRequestHandler({
    endpoint: ENDPOINT,
    req: request,
    router: appRouter,
    allowBatching: idempotencyKey === null,
    maxBatchSize: BATCH_CALLS_MAX,
    // Queries may use POST, so that their input does not appear in URLs and access logs.
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

/** Returns one answer to a request with too many procedures, of which none was run. */
export function refuseAll(): Response {
  const requestId = newRequestId();
  const detail = `A request can call at most ${BATCH_CALLS_MAX} procedures. Nothing was done.`;
  const refused = toProblemError(new DomainError('invalid_request', { detail }), requestId);
  const headers = { 'Request-Id': requestId, 'Cache-Control': 'no-store' };
  return Response.json({ error: errorShape(refused) }, { status: refused.problem.status, headers });
}
