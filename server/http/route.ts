import { fail } from '@/server/domain/core/errors';
import { METHODS, type Method, type Operation, type Table } from '@/server/operations/operation';
import { mustAccept } from './accept';
import { refuseKeyInUrl } from './authenticate';
import { answered, mustBeAllowed, takeByAddress, type Call } from './call';
import { respond, type PathValues } from './respond';

/** Answers a request; `params` are the values of the path, in the form of a route handler. */
export type Handler = (request: Request, route: { params: Promise<PathValues> }) => Promise<Response>;
export type Handlers = Record<Method | 'HEAD' | 'OPTIONS', Handler>;

/** Returns the handlers of every method of a path, including 405, OPTIONS and HEAD, from its operations. */
export function route(...operations: [Operation | Table, ...(Operation | Table)[]]): Handlers {
  const works = operations.map((operation): [Method, Work] => [
    operation.method,
    (call, values) => respond(call, operation, values),
  ]);
  return handlersOf(operations[0].path, Object.fromEntries(works));
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

/** Returns the handlers for paths that do not exist, in the shape of the API's errors. */
export function unknownPath(): Handlers {
  const handler: Handler = (request) => answered('(unknown)', request, () => fail('not_found'), '');
  return Object.fromEntries([...METHODS, 'HEAD', 'OPTIONS'].map((method) => [method, handler])) as Handlers;
}

type Work = (call: Call, values: PathValues) => Promise<Response>;

function handlersOf(path: string, works: Partial<Record<Method, Work>>): Handlers {
  const allow = allowed(works);
  const handler = (method: Method | 'HEAD'): Handler => {
    const work = works[method === 'HEAD' ? 'GET' : method];
    const refuse = () => fail('method_not_allowed', { detail: `${method} is not allowed here. Allowed: ${allow}.` });
    return (request, { params }) =>
      answered(path, request, async (call) => (work ? work(call, await params) : refuse()), allow);
  };
  const all = Object.fromEntries([...METHODS, 'HEAD' as const].map((method) => [method, handler(method)]));
  const options: Handler = (request) =>
    answered(path, request, async () => new Response(null, { status: 204, headers: { Allow: allow } }), allow);
  return { ...all, OPTIONS: options } as Handlers;
}

const allowed = (works: Partial<Record<Method, Work>>): string =>
  [...METHODS.flatMap((m) => (works[m] ? (m === 'GET' ? ['GET', 'HEAD'] : [m]) : [])), 'OPTIONS'].join(', ');
