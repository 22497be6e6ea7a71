import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Method } from './operation';

type Route = { params: Promise<Record<string, string | string[] | undefined>> };
export type Handler = (request: Request, route: Route) => Promise<Response>;
export type Handlers = Record<Method | 'HEAD' | 'OPTIONS', Handler>;

type Place = { path: string; names: string[]; pattern: RegExp; handlers: Handlers };

/** The base path of the API. */
const BASE = '/api/v1';

const places: Place[] = [];
let elsewhere: Handlers | undefined;

/** Registers the handlers of a path (`/members/{id}`) when its route module is loaded. */
export function serveAt(path: string, handlers: Handlers): Handlers {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const escaped = path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)');
  places.push({ path, names, pattern: new RegExp(`^${escaped}/?$`), handlers });
  // Fixed segments come before parameters: /messages/batch is not a message id.
  places.sort((a, b) => a.names.length - b.names.length);
  return handlers;
}

/** Registers the handlers for all other paths. */
export const serveElse = (handlers: Handlers): Handlers => (elsewhere = handlers);

/** Finds the handlers for a URL path. `path` is the template as in the OpenAPI document, null for the fallback. */
export function placeAt(pathname: string): { path: string | null; handlers: Handlers; params: Record<string, string> } {
  const below = pathname.slice(BASE.length);
  for (const { path, names, pattern, handlers } of places) {
    const match = pattern.exec(below);
    const values = match?.slice(1).map(decoded);
    if (!values || values.includes(null)) continue;
    return { path, handlers, params: Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
  }
  if (!elsewhere) throw new Error('No route of the API has been loaded.');
  return { path: null, handlers: elsewhere, params: {} };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/**
 * Answers an API request with the handlers of its route module. Bypasses the web framework, whose overhead for a small
 * request exceeds our own work.
 */
export async function answerApi(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const method = req.method as keyof Handlers;
  const target = req.url ?? BASE;
  const { handlers, params } = placeAt(target.split('?', 1)[0]!);
  const response = await handlers[method](requestOf(req, target), { params: Promise.resolve(params) });
  await write(response, res);
  // Drains the rest of a refused body, which would otherwise precede the connection's next request. An abandoned stream
  // would pause it.
  if (!req.readableEnded) req.removeAllListeners('data').resume();
}

function requestOf(req: IncomingMessage, target: string): Request {
  const method = req.method!;
  const hasBody = method !== 'GET' && method !== 'HEAD' && isSent(req);
  const body = hasBody ? (Readable.toWeb(req) as ReadableStream) : null;
  const init: RequestInit & { duplex: 'half' } = { method, headers: fieldsOf(req), body, duplex: 'half' };
  return new Request(`http://${HOST}${target}`, init);
}

// The host is never read, because routing uses the path alone.
const HOST = 'api.invalid';

const isSent = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

function fieldsOf(req: IncomingMessage): [string, string][] {
  return Object.entries(req.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
  );
}

async function write(response: Response, res: ServerResponse): Promise<void> {
  res.statusCode = response.status;
  for (const [name, value] of response.headers) res.setHeader(name, value);
  if (!response.body) {
    res.end();
  } else if (response.headers.get('content-type')?.startsWith('text/csv')) {
    // Backpressure: the next chunk is produced when the last one is written, and none after a disconnect.
    await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), res).catch(() => {});
  } else {
    const text = await response.text();
    res.setHeader('Content-Length', Buffer.byteLength(text));
    res.end(text);
  }
}
