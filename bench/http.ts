import { call, measure, printTable } from './load';
import { services } from '@/server/http/services';
import { makeBenchTeam, pick } from './world';

const CLIENTS = 16;
const SECONDS = Number(process.argv[2] ?? 6);
const BASE = process.env['BENCH_URL']!;
const options = { clients: CLIENTS, seconds: SECONDS };

/** The API over HTTP against a bare route handler (`/api/health`) of the same build and the same process. */
async function main(): Promise<void> {
  const team = await makeBenchTeam(50);
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
  const body = JSON.stringify({ to: '+14155550100', from: 'Bench', body: 'Your code is 123456' });
  let n = 0;
  const bare = await measure(
    'bare route handler: GET /api/health',
    async () => void (await call(`${BASE}/api/health`)),
    options,
  );
  const me = await measure(
    'GET /api/v1/me',
    async () => void (await call(`${BASE}/api/v1/me`, { headers: bearer(pick(team.members).key) })),
    options,
  );
  const post = (withKey: boolean) => async () => {
    const headers = {
      ...bearer(pick(team.members).key),
      'Content-Type': 'application/json',
      ...(withKey && { 'Idempotency-Key': `bench-${n++}` }),
    };
    await call(`${BASE}/api/v1/messages`, { method: 'POST', headers, body });
  };
  const send = await measure('POST /api/v1/messages', post(false), options);
  const once = await measure('POST /api/v1/messages with an Idempotency-Key', post(true), options);
  printTable(`HTTP, one web process, ${CLIENTS} clients`, bare, [me, send, once]);
  await services().database.pool.end();
}

await main();
