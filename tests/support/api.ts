import { argumentsFor } from '@/scripts/start/build.mjs';
import { freePort } from '@/scripts/processes/ports.mjs';
import { answerApi, placeAt } from '@/server/http/api-router';
import { publicPath } from '@/server/http/openapi';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { callApi, type Answer, type CallOptions } from './call-api';
import { ownDocument } from './document';

export type Api = {
  url: string;
  /** Calls the API over HTTP. `key` null: without a key. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
  /** Answers of the API that contradict its document. */
  complaints: string[];
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
      complaints.push(...ownDocument().answerComplaints(method, publicPath(place.path ?? ''), answer));
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

let next: Promise<string> | undefined;

/** Starts one web process for all files that share this process, because a start takes seconds. */
async function serveThroughNext(): Promise<Served> {
  return { url: await (next ??= startNext()), close: () => Promise.resolve() };
}

async function startNext(): Promise<string> {
  const port = await freePort(undefined);
  const child = spawn(process.execPath, argumentsFor('server/web.ts'), {
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
  // The process of the tests is ended by a signal, and would leave it behind.
  process.once('SIGTERM', () => {
    child.kill('SIGKILL');
    process.exit();
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
  return `${origin}/api/v1`;
}
