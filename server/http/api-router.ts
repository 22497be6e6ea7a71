import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { addRoute, createRouter, findRoute } from 'rou3';
import { BY_PATH } from '@/server/operations/all';
import { openApiDocument } from './openapi';
import { openDocument, route, unknownPath, type Handlers } from './route';

/** The base path of the API. */
const BASE = '/api/v1';

type Place = { path: string; handlers: Handlers };

const router = createRouter<Place>();
const elsewhere = unknownPath();

for (const [path, operations] of BY_PATH) addPlace(path, route(...operations));
addPlace('/openapi.json', openDocument('/openapi.json', openApiDocument));

/** The methods of a path are one place, which answers the others with 405. */
function addPlace(path: string, handlers: Handlers): void {
  addRoute(router, '', path.replace(/\{(\w+)\}/g, ':$1'), { path, handlers });
}

/** Finds the handlers for a URL path. `path` is null for a path that the API does not have. */
export function placeAt(pathname: string): { path: string | null; handlers: Handlers; params: Record<string, string> } {
  const found = findRoute(router, '', pathname.slice(BASE.length));
  const params = found && decoded(found.params);
  return found && params ? { ...found.data, params } : { path: null, handlers: elsewhere, params: {} };
}

function decoded(params: Record<string, string> = {}): Record<string, string> | null {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, text]) => [name, decodeURIComponent(text)]));
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
