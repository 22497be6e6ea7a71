import { parseId } from '@/server/domain/core/ids';
import { freePort } from '@/scripts/processes/ports.mjs';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { callApi } from '@/tests/support/call-api';
import { expect, runningProduct, test } from './support/browser';
import { lostOrDoubled, startLoad } from './support/load';
import {
  connectionOf,
  descendants,
  createTeamByCommand,
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
const WORKER_KILLS = 2 * Math.max(1, Number(process.env['PROOF_SCALE'] ?? 1));
const CLIENTS = 8;

const { url, dataDir } = runningProduct();

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
/** The id of the team in the database. */
let teamId: string;
let memberIds: string[];

test.beforeAll(async () => {
  team = await createTeamByCommand('Killed', '10000.00');
  teamId = parseId('team', team.teamId)!;
  const make = () => callApi(`${url}/api/v1`, 'POST', '/members', { key: team.apiKey, body: { credit: '50.00' } });
  memberIds = (await Promise.all([make(), make(), make()])).map(({ body }) => body.member.id);
});

/** Waits for more acknowledged changes, so that every fault happens under load. */
async function waitForMore(load: { count: () => number }, more: number): Promise<void> {
  const from = load.count();
  await until(
    () => `${more} more changes after ${from}: ${load.count()}`,
    60_000,
    () => load.count() >= from + more,
  );
}

/** The payload of a job of each kind that follows a change; the relay puts these into the queue. */
const OF_CHANGES = (): Record<string, object> => ({
  'serve-waiting': { teamId },
  alert: { teamId, memberId: randomUUID(), since: new Date().toISOString(), transferId: null },
  'mail-link': { linkId: randomUUID() },
  'erase-trail': { teamId, memberId: randomUUID(), until: new Date().toISOString() },
  'send-mail': { mailId: randomUUID() },
});
const OF_THE_CLOCK = ['serve-all-waiting', 'resume-mails', 'expire-messages', 'make-partitions', 'remove-old-texts'];

/** The tables that these jobs read or write first. */
const TABLES = 'recharge_rules, mailed_links, messages, mails';

async function asOwner<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: connectionOf(dataDir).ownerUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Enqueues a job of each kind and returns the keys under which the queue holds them. */
const enqueueEach = (client: Client, ofTheClock = OF_THE_CLOCK): Promise<string[]> =>
  Promise.all([
    ...Object.entries(OF_CHANGES()).map(async ([task, payload]) => {
      const id = randomUUID();
      const sql = 'INSERT INTO outbox (team_id, id, task, payload) VALUES ($1, $2, $3, $4)';
      await client.query(sql, [teamId, id, task, payload]);
      return task === 'serve-waiting' ? `${task}:${teamId}` : id;
    }),
    ...ofTheClock.map(async (task) => {
      const id = randomUUID();
      await client.query(`SELECT graphile_worker.add_job($1, '{}', job_key => $2)`, [task, id]);
      return id;
    }),
  ]);

const JOBS_WITHIN_MS = 15_000;

/** Expects a job of each kind to run soon; one that fails counts as well. */
async function everyKindRuns(): Promise<void> {
  await asOwner(async (client) => {
    const keys = await enqueueEach(client);
    const left = async () =>
      (
        await client.query<{ task: string }>(
          `SELECT task FROM outbox WHERE id::text = ANY ($1) OR task || ':' || team_id = ANY ($1)
           UNION ALL SELECT task_identifier FROM graphile_worker.jobs WHERE key = ANY ($1) AND (attempts = 0 OR locked_at IS NOT NULL)`,
          [keys],
        )
      ).rows.map(({ task }) => task);
    let tasks: string[] = [];
    await until(
      () => `a job of each kind: ${tasks.join()} did not run`,
      JOBS_WITHIN_MS,
      async () => (tasks = await left()).length === 0,
    );
  });
}

/** Kills a process while a job of each kind that follows a change is running, held up by a table lock. */
async function killAmidJobs(kill: () => void): Promise<void> {
  await asOwner(async (client) => {
    await client.query(`BEGIN; LOCK TABLE ${TABLES} IN ACCESS EXCLUSIVE MODE`);
    await asOwner(async (other) => {
      await enqueueEach(other, []);
      // An earlier job that is retried may be ahead in its queue; it serves as well.
      const open = `SELECT DISTINCT task_identifier FROM graphile_worker.jobs WHERE locked_at IS NOT NULL AND task_identifier = ANY ($1)`;
      const tasks = Object.keys(OF_CHANGES());
      await until(
        () => 'a job of each of the five kinds is open',
        60_000,
        async () => (await other.query(open, [tasks])).rowCount === tasks.length,
      );
      kill();
    });
  });
}

test.describe('a web process that is killed under load', () => {
  test(`loses nothing and does nothing twice, ${WEB_KILLS} times: clients retry with the same key`, async () => {
    test.setTimeout(120_000);
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
        await waitForMore(load, 20 + ((i * 7) % 30));
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
  });

  test('is restarted by the start script, without an operator', async () => {
    const killed = processOf(dataDir, '.next/programs/server/web')!;
    process.kill(killed, 'SIGKILL');
    await until(
      () => 'another web process is ready',
      60_000,
      async () => ![undefined, killed].includes(processOf(dataDir, '.next/programs/server/web')) && (await isReady()),
    );
    expect((await callApi(`${url}/api/v1`, 'GET', '/me', { key: team.apiKey })).status).toBe(200);
  });
});

test.describe('a database that is killed under load', () => {
  test(`is restarted, and nothing is lost or doubled, ${DATABASE_KILLS} times; meanwhile the response is 503`, async () => {
    test.setTimeout(240_000);
    const web = processOf(dataDir, '.next/programs/server/web');
    const load = startLoad({ api: () => `${url}/api/v1`, ownerKey: team.apiKey, memberIds, clients: CLIENTS });
    let unready = 0;
    for (let i = 0; i < DATABASE_KILLS; i += 1) {
      await waitForMore(load, 40);
      const killed = postmasterOf(dataDir);
      await killAmidJobs(() => process.kill(killed, 'SIGKILL'));
      await until(
        () => 'the database is there again',
        60_000,
        async () => {
          const ready = await isReady();
          if (!ready) unready += 1;
          expect(await status(`${url}/api/health`)).toBe(200);
          return ready && postmasterOf(dataDir) !== killed;
        },
      );
      await everyKindRuns();
    }
    await waitForMore(load, 40);
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
    // The web process survives its database: a broken connection is a response, not an exit.
    expect(processOf(dataDir, '.next/programs/server/web')).toBe(web);
    await verify();
  });

  test('leaves the worker running: a message sent afterwards is delivered', async () => {
    const body = { to: '+14155550100', from: 'After', body: 'Hello' };
    const { body: sent } = await callApi(`${url}/api/v1`, 'POST', '/messages', { key: team.apiKey, body });
    await until(
      () => 'delivered',
      60_000,
      async () =>
        (await callApi(`${url}/api/v1`, 'GET', `/messages/${sent.id}`, { key: team.apiKey })).body.status ===
        'delivered',
    );
  });

  test('that hangs makes the product not ready, and ready again by itself', async () => {
    const frozen = [postmasterOf(dataDir), ...descendants(postmasterOf(dataDir))];
    try {
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      const { status: readyStatus, body } = await fetch(`${url}/api/ready`).then(async (answer) => ({
        status: answer.status,
        body: await answer.json(),
      }));
      expect([readyStatus, body]).toEqual([503, { ready: false, reason: 'the database does not answer' }]);
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

test.describe('a worker that is killed during its jobs', () => {
  test(`is restarted, and a job of each kind runs within 15 s, ${WORKER_KILLS} times`, async () => {
    test.setTimeout(120_000);
    for (let i = 0; i < WORKER_KILLS; i += 1) {
      const killed = processOf(dataDir, '.next/programs/server/jobs/main')!;
      await killAmidJobs(() => process.kill(killed, 'SIGKILL'));
      await everyKindRuns();
      expect(processOf(dataDir, '.next/programs/server/jobs/main')).not.toBe(killed);
    }
  });

  test('is reported as missing by the readiness check, which stays ready', async () => {
    const health = async () => (await fetch(`${url}/api/ready`)).json();
    expect(await health()).toMatchObject({ ready: true, workerAlive: true, oldestDueJobSeconds: expect.any(Number) });
    const stopped = processOf(dataDir, '.next/programs/server/jobs/main')!;
    process.kill(stopped, 'SIGSTOP');
    try {
      await until(
        () => 'the worker is missed',
        60_000,
        async () => (await health()).workerAlive === false,
      );
      expect(await health()).toMatchObject({ ready: true });
    } finally {
      process.kill(stopped, 'SIGCONT');
    }
    await until(
      () => 'the worker is back',
      60_000,
      async () => (await health()).workerAlive === true,
    );
    await everyKindRuns();
  });
});
