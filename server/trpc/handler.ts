import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { newRequestId } from '@/server/domain/ids';
import type { Context } from './context';
import { refusalOf } from './problem';
import { appRouter } from './router';

/** Where the router is mounted. */
const ENDPOINT = '/api/trpc';

/** Who asks: an actor where a team was named, a person wherever somebody is signed in. */
export type Asker = Pick<Context, 'actor' | 'person' | 'origin' | 'spend'>;

/**
 * Answers a request of the pages. An Idempotency-Key is that of one change: with it no batch is taken.
 * @param given.open the session's gate: who asks; what it throws is the answer to every call of the request
 */
export async function handleTrpc(
  request: Request,
  { services, open }: Pick<Context, 'services'> & { open: () => Promise<Asker> },
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
    createContext: async () => {
      const asker = await open().catch((error: unknown) => {
        throw refusalOf(error, requestId);
      });
      return { services, ...asker, requestId, idempotencyKey };
    },
  });
  response.headers.set('Request-Id', requestId);
  response.headers.set('Cache-Control', 'no-store');
  return response;
}
