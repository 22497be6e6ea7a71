import { freePort, isListening } from '@/scripts/processes/ports.mjs';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi } from '@/tests/support/call-api';
import { expect, test } from './support/browser';
import { lostOrDoubled, startLoad, transfersByKey, type Seen } from './support/load';
import {
  alive,
  connectionOf,
  descendants,
  identities,
  postmasterOf,
  purser,
  startProduct,
  startWeb,
  until,
  type Product,
} from './support/product';

const NEVER_ACCEPTED = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET']);

const dataDir = mkdtempSync(join(tmpdir(), 'purser-shutdown-'));
let product: Product;
test.afterAll(async () => {
  await product.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test.describe('SIGTERM to the start script, under load', () => {
  let seen: Seen;
  let output = '';

  test.beforeAll(async () => {
    product = await startProduct(dataDir);
  });

  test('ends everything that it has started, with exit code 0', async () => {
    const { apiKey }: { apiKey: string } = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));
    const api = `${product.url}/api/v1`;
    const { body } = await callApi(api, 'POST', '/members', { key: apiKey, body: { credit: '5.00' } });
    const load = startLoad({ api: () => api, ownerKey: apiKey, memberIds: [body.member.id], clients: 8 });
    await until(
      () => 'load',
      60_000,
      () => load.count() >= 100,
    );
    const all = identities([product.pid, postmasterOf(dataDir), ...descendants(product.pid)]);
    expect(all.length).toBeGreaterThan(4);
    const databasePort = Number(new URL(connectionOf(dataDir).appUrl).port);

    const { code, output: printed } = await product.stop();
    seen = await load.stop({ finish: false });
    output = printed;

    expect(code, output).toBe(0);
    expect(alive(all)).toEqual([]);
    expect(await isListening(Number(new URL(product.url).port))).toBe(false);
    expect(await isListening(databasePort)).toBe(false);
  });

  test('answers every request that it has read, and refuses the others before they begin', () => {
    console.log(`SIGTERM: ${seen.acknowledged.length} acknowledged; others: ${JSON.stringify([...seen.others])}`);
    const [line = ''] = output.split('\n').filter((one) => one.includes('"msg":"shutdown"'));
    const { read, unanswered }: { read: number; unanswered: number } = JSON.parse(line);
    expect(read).toBeGreaterThanOrEqual(seen.acknowledged.length);
    expect(unanswered).toBe(0);
    // A connection that waits in the kernel when the socket closes is reset: the server has never seen it.
    expect([...seen.others.keys()].filter((what) => !NEVER_ACCEPTED.has(what))).toEqual([]);
  });

  test('keeps every acknowledged change for the next start, once', async () => {
    product = await startProduct(dataDir);
    const database = connectionOf(dataDir).appUrl;
    expect(await lostOrDoubled(database, seen)).toEqual([]);
    // A request that the server had read would have been carried out and answered.
    expect([...(await transfersByKey(database, seen.unanswered))]).toEqual([]);
    const { code, stdout } = await purser(dataDir, 'ledger', 'verify', '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, problems: [] }]);
  });
});

test.describe('SIGTERM to a web process', () => {
  test('makes it report at once that it is not ready, and serve new connections during its grace period', async () => {
    const port = await freePort(undefined);
    const web = startWeb(dataDir, port, { SHUTDOWN_GRACE_SECONDS: '4' });
    try {
      const url = `http://127.0.0.1:${port}`;
      const get = (path: string) => fetch(`${url}${path}`, { headers: { Connection: 'close' } });
      const statusOf = (path: string) =>
        get(path).then(
          ({ status }) => status,
          () => 0,
        );
      await until(web.output, 60_000, async () => (await statusOf('/api/ready')) === 200);
      web.child.kill('SIGTERM');
      await until(web.output, 3_000, async () => (await statusOf('/api/ready')) === 503);
      const answers = await Promise.all(Array.from({ length: 20 }, () => get('/api/v1/me')));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
      expect(answers.map(({ headers }) => headers.get('connection'))).toEqual(answers.map(() => 'close'));
      await until(web.output, 10_000, () => web.child.exitCode !== null);
      expect(web.child.exitCode).toBe(0);
      expect(await statusOf('/api/health')).toBe(0);
    } finally {
      web.child.kill('SIGKILL');
    }
  });
});
