import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import '@/app/api/v1/all';
import { freePort } from '@/scripts/processes/ports.mjs';
import { answerApi, placeAt } from '@/server/http/api-router';
import { ownDocument } from './document';

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads any field of an answer; its schema is tested apart
export type Answer = { status: number; body: any; text: string; headers: Headers };

export type Api = {
  url: string;
  /** Calls the API over HTTP. `key` null: without a key. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
  /** Answers of the API that contradict its document. */
  complaints: string[];
};

export type CallOptions = {
  key?: string | null;
  body?: unknown;
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  idempotencyKey?: string;
};

/**
 * Serves the API over real HTTP for one test file: by the front server in this process or, with TEST_THROUGH_NEXT, by a
 * web process that passes every request to Next (the pages must have been built).
 */
export async function serveApi(): Promise<Api> {
  const { url, close } = await (process.env['TEST_THROUGH_NEXT'] ? serveThroughNext() : serveFront());
  const complaints: string[] = [];
  return {
    url,
    complaints,
    close,
    call: async (method, path, options) => {
      const answer = await callApi(url, method, path, options);
      const place = placeAt(new URL(`${url}${path}`).pathname);
      complaints.push(...ownDocument().answerComplaints(method, place.path ?? '', answer));
      return answer;
    },
  };
}

type Served = { url: string; close: () => Promise<void> };

async function serveFront(): Promise<Served> {
  const server = createServer((req, res) => {
    req.headers['x-purser-address'] = '127.0.0.1';
    void answerApi(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

async function serveThroughNext(): Promise<Served> {
  const port = await freePort(undefined);
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/web.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      ...process.env,
      NODE_ENV: 'production',
      ALLOW_HTTP: '1',
      API_FRONT: '0',
      PORT: String(port),
      HOST: '127.0.0.1',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const origin = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${origin}/api/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isUp())) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}.`);
    await sleep(50);
  }
  const close = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { url: `${origin}/api/v1`, close };
}

/** Makes one HTTP call to any server of the API at `url` (…/api/v1). */
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
