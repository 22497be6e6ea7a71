import { once } from 'node:events';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { freePort } from '@/scripts/lib/ports.mjs';
import { callApi } from '@/tests/support/api';
import { lostOrDoubled, startLoad } from './support/load';
import {
  connectionOf,
  descendants,
  makeTeam,
  postmasterOf,
  processOf,
  purser,
  startWeb,
  until,
  type Running,
  type Team,
} from './support/product';

const WEB_KILLS = 10 * Math.max(1, Number(process.env['PROOF_SCALE'] ?? 1));
const DATABASE_KILLS = 3 * Math.max(1, Number(process.env['PROOF_SCALE'] ?? 1));
const CLIENTS = 8;
const PROGRAMS = ['server/web.ts', 'server/jobs/worker.ts'];

const { url, dataDir } = inject('product');

const status = (of: string): Promise<number> =>
  fetch(of).then(
    (response) => response.body?.cancel().then(() => response.status) ?? response.status,
    () => 0,
  );
const isReady = async (at = url) => (await status(`${at}/api/ready`)) === 200;

async function verify(): Promise<void> {
  const { code, stdout } = await purser(dataDir, 'ledger', 'verify', '--json');
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, problems: [] }]);
}

let team: Team;
let memberIds: string[];

beforeAll(async () => {
  team = await makeTeam(dataDir, 'Killed', '10000.00');
  const make = () => callApi(`${url}/api/v1`, 'POST', '/members', { key: team.apiKey, body: { credit: '50.00' } });
  memberIds = (await Promise.all([make(), make(), make()])).map(({ body }) => body.member.id);
});

/** Waits for some more acknowledged changes, so that every fault comes under load. */
async function someMore(load: { count: () => number }, more: number): Promise<void> {
  const from = load.count();
  await until(
    () => `${more} more changes after ${from}: ${load.count()}`,
    30_000,
    () => load.count() >= from + more,
  );
}

describe('a web process that is killed under load', () => {
  it(`loses nothing and does nothing twice, ${WEB_KILLS} times: clients ask again with the same key`, async () => {
    const port = await freePort(undefined);
    let web: Running = startWeb(dataDir, port);
    const load = startLoad({
      api: () => `http://127.0.0.1:${port}/api/v1`,
      ownerKey: team.apiKey,
      memberIds,
      clients: CLIENTS,
    });
    try {
      for (let i = 0; i < WEB_KILLS; i += 1) {
        await someMore(load, 20 + ((i * 7) % 30));
        web.child.kill('SIGKILL');
        await once(web.child, 'exit');
        web = startWeb(dataDir, port);
      }
      const seen = await load.stop();
      console.log(
        `S4 web killed ${WEB_KILLS} times: ${seen.acknowledged.length} acknowledged; others: ${JSON.stringify([...seen.others])}`,
      );
      expect(seen.acknowledged.length).toBeGreaterThan(WEB_KILLS * 20);
      expect([...seen.others.keys()].filter((what) => /^(4(?!09)|5(?!03))/.test(what))).toEqual([]);
      expect(await lostOrDoubled(connectionOf(dataDir).appUrl, seen)).toEqual([]);
    } finally {
      web.child.kill('SIGKILL');
    }
    await verify();
  }, 120_000);

  it('is started again by the start script, without a person', async () => {
    const killed = processOf(dataDir, 'server/web.ts')!;
    process.kill(killed, 'SIGKILL');
    await until(
      () => 'another web process is ready',
      30_000,
      async () => ![undefined, killed].includes(processOf(dataDir, 'server/web.ts')) && (await isReady()),
    );
    expect((await callApi(`${url}/api/v1`, 'GET', '/me', { key: team.apiKey })).status).toBe(200);
  });
});

describe('a database that is killed under load', () => {
  it(`is started again, and nothing is lost or doubled, ${DATABASE_KILLS} times; meanwhile the answer is 503, not a fault`, async () => {
    const processes = PROGRAMS.map((program) => processOf(dataDir, program));
    const load = startLoad({ api: () => `${url}/api/v1`, ownerKey: team.apiKey, memberIds, clients: CLIENTS });
    let unready = 0;
    for (let i = 0; i < DATABASE_KILLS; i += 1) {
      await someMore(load, 40);
      const killed = postmasterOf(dataDir);
      process.kill(killed, 'SIGKILL');
      await until(
        () => 'the database is there again',
        30_000,
        async () => {
          const ready = await isReady();
          if (!ready) unready += 1;
          expect(await status(`${url}/api/health`)).toBe(200);
          return ready && postmasterOf(dataDir) !== killed;
        },
      );
    }
    await someMore(load, 40);
    const seen = await load.stop();
    console.log(
      `database killed ${DATABASE_KILLS} times: ${seen.acknowledged.length} acknowledged; others: ${JSON.stringify([...seen.others])}`,
    );
    expect(unready).toBeGreaterThan(0);
    const others = [...seen.others.keys()];
    expect(others).toContain('503 unavailable retry');
    expect(
      others.filter((what) => !['503 unavailable retry', '409 idempotency_in_flight retry'].includes(what)),
    ).toEqual([]);
    expect(await lostOrDoubled(connectionOf(dataDir).appUrl, seen)).toEqual([]);
    // Both processes outlive their database: a broken connection is an answer or a next try, not an end.
    expect(PROGRAMS.map((program) => processOf(dataDir, program))).toEqual(processes);
    await verify();
  }, 120_000);

  it('leaves the worker at work: a message sent afterwards is delivered', async () => {
    const body = { to: '+14155550100', from: 'After', body: 'Hello' };
    const { body: sent } = await callApi(`${url}/api/v1`, 'POST', '/messages', { key: team.apiKey, body });
    await until(
      () => 'delivered',
      30_000,
      async () =>
        (await callApi(`${url}/api/v1`, 'GET', `/messages/${sent.id}`, { key: team.apiKey })).body.status ===
        'delivered',
    );
  });

  it('that stands still makes the product not ready, and ready again by itself', async () => {
    const frozen = [postmasterOf(dataDir), ...descendants(postmasterOf(dataDir))];
    try {
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      const { status: said, body } = await fetch(`${url}/api/ready`).then(async (answer) => ({
        status: answer.status,
        body: await answer.json(),
      }));
      expect([said, body]).toEqual([503, { ready: false, reason: 'the database does not answer' }]);
      expect(await status(`${url}/api/health`)).toBe(200);
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
    }
    await until(
      () => 'ready again',
      15_000,
      () => isReady(),
    );
    expect((await callApi(`${url}/api/v1`, 'GET', '/me', { key: team.apiKey })).status).toBe(200);
  });
});
