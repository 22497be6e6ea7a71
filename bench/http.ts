import { Pool } from 'pg';
import { services } from '@/server/http/services';
import { call, measure, printTable, type Figure } from './load';
import { makeBenchTeam, pick } from './world';

const CLIENTS = 16;
const SECONDS = Number(process.argv[2] ?? 6);
const FRONT = process.env['BENCH_URL']!;
const NEXT = process.env['BENCH_NEXT_URL']!;
const options = { clients: CLIENTS, seconds: SECONDS };
const BATCH = 1_000;

const message = { to: '+14155550100', from: 'Bench', body: 'Your code is 123456' };
const batchOf = (count: number) => Array.from({ length: count }, () => message);
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

/** Compares the API over HTTP with a bare route handler (`/api/health`) of the same build and the same process. */
async function main(): Promise<void> {
  const team = await makeBenchTeam(50);
  const anyKey = () => pick(team.members).key;
  const get = (base: string, path: string, keyOf = anyKey) =>
    measure(
      `GET ${path}${base === NEXT ? ', through Next' : ''}`,
      async () => void (await call(`${base}/api/v1${path}`, { headers: bearer(keyOf()) })),
      options,
    );
  let n = 0;
  const post = (base: string, withKey: boolean) =>
    measure(
      `POST /messages${withKey ? ' with an Idempotency-Key' : ''}${base === NEXT ? ', through Next' : ''}`,
      async () => {
        const key: Record<string, string> = withKey ? { 'Idempotency-Key': `bench-${n++}` } : {};
        await send(`${base}/api/v1/messages`, anyKey(), message, key);
      },
      options,
    );
  const bare = await measure(
    'bare route handler of Next: GET /api/health',
    async () => void (await call(`${FRONT}/api/health`)),
    options,
  );
  const figures: Figure[] = [await get(FRONT, '/me'), await get(NEXT, '/me')];
  const single = await post(FRONT, false);
  figures.push(single, await post(NEXT, false), await post(FRONT, true));
  // Autovacuum does this by itself within a minute.
  await analyze();
  const ownerKey = () => team.key;
  for (const path of ['/members', '/messages']) figures.push(await get(FRONT, path, ownerKey));
  printTable(`HTTP, one web process, ${CLIENTS} clients`, bare, figures);

  const batch = await measure(
    `POST /messages/batch of ${BATCH}`,
    async () => send(`${FRONT}/api/v1/messages/batch`, anyKey(), { messages: batchOf(BATCH) }),
    { clients: 2, seconds: SECONDS },
  );
  const perMessage = { ...batch, name: 'messages by batches, 2 clients', perSecond: batch.perSecond * BATCH };
  printTable(`Messages a second: calls against batches of ${BATCH}`, { ...single, name: 'messages by calls' }, [
    perMessage,
  ]);
  await services().database.pool.end();
}

async function analyze(): Promise<void> {
  const owner = new Pool({ connectionString: process.env['DATABASE_OWNER_URL'], max: 1 });
  await owner.query('VACUUM ANALYZE');
  await owner.end();
}

async function send(url: string, key: string, body: object, more: Record<string, string> = {}): Promise<void> {
  const headers = { ...bearer(key), 'Content-Type': 'application/json', ...more };
  await call(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

await main();
