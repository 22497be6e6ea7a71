import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isListening } from '@/scripts/lib/ports.mjs';
import { callApi } from '@/tests/support/api';
import { lostOrDoubled, startLoad, type Seen } from './support/load';
import {
  alive,
  connectionOf,
  descendants,
  identities,
  postmasterOf,
  purser,
  startProduct,
  until,
  type Product,
} from './support/product';

const dataDir = mkdtempSync(join(tmpdir(), 'purser-shutdown-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('SIGTERM to the start script, under load', () => {
  let product: Product;
  let seen: Seen;

  beforeAll(async () => {
    product = await startProduct(dataDir);
  });

  it('ends everything that it has started, with exit code 0', async () => {
    const { apiKey }: { apiKey: string } = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));
    const api = `${product.url}/api/v1`;
    const { body } = await callApi(api, 'POST', '/members', { key: apiKey, body: { credit: '5.00' } });
    const load = startLoad({ api: () => api, ownerKey: apiKey, memberIds: [body.member.id], clients: 8 });
    await until(
      () => 'load',
      20_000,
      () => load.count() >= 100,
    );
    const all = identities([product.pid, postmasterOf(dataDir), ...descendants(product.pid)]);
    expect(all.length).toBeGreaterThan(4);
    const databasePort = Number(new URL(connectionOf(dataDir).appUrl).port);

    const { code, output } = await product.stop();
    seen = await load.stop({ finish: false });

    expect(code, output).toBe(0);
    expect(alive(all)).toEqual([]);
    expect(await isListening(Number(new URL(product.url).port))).toBe(false);
    expect(await isListening(databasePort)).toBe(false);
  });

  it('lets no request go unanswered: each was answered, or found the door closed', () => {
    console.log(`SIGTERM: ${seen.acknowledged.length} acknowledged; others: ${JSON.stringify([...seen.others])}`);
    expect([...seen.others.keys()].filter((what) => what !== 'ECONNREFUSED')).toEqual([]);
  });

  it('keeps every acknowledged change for the next start, once', async () => {
    product = await startProduct(dataDir);
    try {
      expect(await lostOrDoubled(connectionOf(dataDir).appUrl, seen)).toEqual([]);
      const { code, stdout } = await purser(dataDir, 'ledger', 'verify', '--json');
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, problems: [] }]);
    } finally {
      await product.stop();
    }
  });
});
