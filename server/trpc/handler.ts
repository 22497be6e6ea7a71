import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { SeatActor } from '@/server/domain/actor';
import type { Services } from '@/server/domain/ctx';
import { newRequestId } from '@/server/domain/ids';
import { appRouter } from './router';

/** Where the router is mounted. */
const ENDPOINT = '/api/trpc';

/**
 * Answers a request of the pages, for who the session's gate says is asking. An Idempotency-Key is that of one change:
 * with it no batch is taken.
 */
export async function handleTrpc(
  request: Request,
  { services, actor }: { services: Services; actor: SeatActor | null },
): Promise<Response> {
  const requestId = newRequestId();
  const idempotencyKey = request.headers.get('idempotency-key');
  const response = await fetchRequestHandler({
    endpoint: ENDPOINT,
    req: request,
    router: appRouter,
    allowBatching: idempotencyKey === null,
    // A read may come as a POST, so that what it asks for stands in no URL and no log of URLs.
    allowMethodOverride: true,
    createContext: () => ({ services, actor, requestId, idempotencyKey }),
  });
  response.headers.set('Request-Id', requestId);
  response.headers.set('Cache-Control', 'no-store');
  return response;
}
