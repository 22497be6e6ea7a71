import { createServer, type Server } from 'node:http';
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { AddressInfo } from 'node:net';
import { ownDocument } from './document';

type Handler = (request: Request, route: { params: Promise<Record<string, string>> }) => Promise<Response>;
type RouteModule = Record<string, Handler>;

export type Route = { path: string; file: string; pattern: RegExp; names: string[]; handlers: RouteModule };

const API = join(import.meta.dirname, '../../app/api/v1');

/** Every route module of the public API, found where Next finds them; the most particular first. */
export async function loadRoutes(): Promise<Route[]> {
  const files = readdirSync(API, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('route.ts'));
  const routes = await Promise.all(
    files.map(async (file) => {
      const parts = relative('.', file).split(sep).slice(0, -1);
      const names = parts.filter((part) => /^\[\w+\]$/.test(part)).map((part) => part.slice(1, -1));
      const pattern = parts
        .map((part) => (part.startsWith('[[...') ? '.*' : part.startsWith('[') ? '([^/]+)' : part))
        .join('/');
      const path = `/${parts.map((part) => part.replace(/^\[(\w+)\]$/, '{$1}')).join('/')}`;
      const handlers = (await import(join(API, file))) as RouteModule;
      return { path, file: join('app/api/v1', file), pattern: new RegExp(`^/api/v1/?${pattern}/?$`), names, handlers };
    }),
  );
  return routes.toSorted((a, b) => rank(a.path) - rank(b.path));
}

const rank = (path: string): number => (path.includes('[[') ? 1000 : 0) + [...path.matchAll(/\{/g)].length;

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads any field of an answer; its schema is tested apart
export type Answer = { status: number; body: any; text: string; headers: Headers };

export type Api = {
  url: string;
  /** Calls the API over HTTP. `key` null: without a key. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
  /** What the API has answered otherwise than its document says. */
  complaints: string[];
};

export type CallOptions = {
  key?: string | null;
  body?: unknown;
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  idempotencyKey?: string;
};

/** Which route a request is for, and its handler with the parameters of the path. */
export function routeOf(routes: Route[], request: Request): { route: Route; handle: () => Promise<Response> } | null {
  const { pathname } = new URL(request.url);
  for (const route of routes) {
    const match = route.pattern.exec(pathname);
    if (!match) continue;
    const params = Object.fromEntries(route.names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? '')]));
    const handler = route.handlers[request.method];
    return handler ? { route, handle: () => handler(request, { params: Promise.resolve(params) }) } : null;
  }
  return null;
}

/** Serves the API's own route modules on a port of this process: real HTTP, without building the pages first. */
export async function serveApi(): Promise<Api> {
  const routes = await loadRoutes();
  const complaints: string[] = [];
  const server: Server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', `http://${req.headers.host}`);
    const body = ['GET', 'HEAD'].includes(req.method ?? 'GET') ? null : (Readable.toWeb(req) as ReadableStream);
    const headers = new Headers(
      Object.entries(req.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, [value].flat().join(', ')] as [string, string]],
      ),
    );
    headers.set('x-purser-address', '127.0.0.1');
    const request = new Request(url, { method: req.method, headers, body, duplex: 'half' } as RequestInit);
    const found = routeOf(routes, request);
    if (!found) {
      res.writeHead(500).end('no handler');
      return;
    }
    const { route, handle } = found;
    void handle().then(async (response) => {
      res.writeHead(response.status, Object.fromEntries(response.headers));
      const bytes = Buffer.from(await response.arrayBuffer());
      res.end(bytes);
      const { status, headers } = response;
      complaints.push(
        ...ownDocument().answerComplaints(req.method!, route.path, { status, headers, text: bytes.toString() }),
      );
      // What a refusal left unread would stand before the connection's next request.
      req.removeAllListeners('data').resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  return {
    url,
    complaints,
    call: (method, path, options) => callApi(url, method, path, options),
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

/** One call over HTTP to any server of the API at `url` (…/api/v1). */
export async function callApi(url: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { key, body, raw, idempotencyKey } = options;
  const headers: Record<string, string> = {
    ...(key && { Authorization: `Bearer ${key}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    ...options.headers,
  };
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    redirect: 'manual',
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    text,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : undefined,
  };
}
