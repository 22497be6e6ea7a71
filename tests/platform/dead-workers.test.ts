import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runMigrations } from 'graphile-worker';
import { Pool, type PoolClient } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { argumentsFor } from '@/scripts/start/build.mjs';
import { openDatabase } from '@/db/client';
import { readQueueHealth, SILENT_SECONDS } from '@/db/queue';
import { beat, forget, keepBeating, keepReleasing, LiveWorkers, releaseDead } from '@/server/jobs/heartbeat';
import { ownDatabase, type TestDatabase } from '../support/database';

let database: TestDatabase & { drop: () => Promise<void> };
let owner: Pool;
const running: ChildProcess[] = [];

/** For a process to start, to do its job or to end, on a machine however busy; a limit of the product's own is 15 s. */
const SLOW = 120;

beforeEach(async () => {
  database = await ownDatabase();
  owner = new Pool({ connectionString: database.ownerUrl, max: 4 });
  owner.on('error', () => {});
  await runMigrations({ pgPool: owner });
});
afterEach(async () => {
  for (const child of running.splice(0)) await ended(child, 'SIGKILL');
  await owner.end();
  await database.drop();
});

/** Starts a worker in a process of its own, as it runs beside the product. */
function startWorker(): { child: ChildProcess; said: () => string } {
  const { ownerUrl, appUrl } = database;
  const child = spawn(process.execPath, argumentsFor('server/jobs/main.ts'), {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, DATABASE_URL: appUrl, DATABASE_OWNER_URL: ownerUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  return { child, said: () => output };
}

async function ended(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  child.kill(signal);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function until(what: string, seconds: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await sleep(50)) if (await isSo()) return;
  throw new Error(`Not within ${seconds} s: ${what}`);
}

const count = async (sql: string, values: unknown[] = []): Promise<number> =>
  Number((await owner.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, values)).rows[0]!.n);

/** Enqueues a scheduled job that a table lock blocks, in a queue of its own. */
const enqueue = (key: string, task = 'resume-mails') =>
  owner.query('SELECT graphile_worker.add_job($1, job_key => $2, queue_name => $2)', [task, key]);

const lockTable = async (table: string): Promise<PoolClient> => {
  const client = await owner.connect();
  await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  return client;
};

const release = async (client: PoolClient): Promise<void> => {
  await client.query('ROLLBACK');
  client.release();
};

describe('the locks of the queue', () => {
  /** Inserts a job and its queue, locked for that many seconds by a worker. */
  const locked = async (worker: string, seconds: number): Promise<void> => {
    await enqueue(worker);
    const lock = `SET locked_by = $1, locked_at = now() - make_interval(secs => $2)`;
    await owner.query(`UPDATE graphile_worker._private_jobs ${lock} WHERE key = $1`, [worker, seconds]);
    await owner.query(`UPDATE graphile_worker._private_job_queues ${lock} WHERE queue_name = $1`, [worker, seconds]);
  };
  const lockOwners = async (): Promise<string[]> => {
    const { rows } = await owner.query<{ id: string }>(
      `SELECT locked_by AS id FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL
       INTERSECT SELECT locked_by FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL ORDER BY 1`,
    );
    return rows.map(({ id }) => id);
  };

  it('are released when their worker is dead, and only then', async () => {
    const long = SILENT_SECONDS + 2;
    await locked('unknown', long);
    await locked('unknown, just begun', 1);
    await locked('beating', 3_600);
    await locked('silent', 3_600);
    await beat(owner, ['beating', 'silent']);
    await owner.query(`UPDATE worker_heartbeats SET beat_at = now() - make_interval(secs => $1) WHERE worker_id = $2`, [
      long,
      'silent',
    ]);
    // The server of the tests may have started just now, and no worker counts as dead within its first seconds.
    let dead: string[] = [];
    await until('somebody counts as dead', 15, async () => (dead = await releaseDead(owner)).length > 0);
    expect(dead.toSorted()).toEqual(expect.arrayContaining(['silent', 'unknown']));
    expect(dead).not.toContain('beating');
    expect(await lockOwners()).toContain('beating');
    expect(await lockOwners()).not.toContain('silent');
    await beat(owner, ['beating']);
    await locked('silent', 3_600);
    await beat(owner, ['silent']);
    expect(await releaseDead(owner)).not.toContain('silent');
    await forget(owner, ['beating']);
    expect(await count('worker_heartbeats')).toBe(1);
  });

  const aged = (worker: string, seconds: number) =>
    owner.query('UPDATE worker_heartbeats SET beat_at = now() - make_interval(secs => $1) WHERE worker_id = $2', [
      seconds,
      worker,
    ]);
  const serverIsOld = () =>
    until('the server has been up for long enough', 15, async () => {
      const { rows } = await owner.query<{ old: boolean }>(
        `SELECT pg_postmaster_start_time() < now() - interval '7 seconds' AS old`,
      );
      return rows[0]!.old;
    });
  /** Runs the heartbeats and releases of one process in this one. */
  const inProcess = async (work: (workers: LiveWorkers) => Promise<void>): Promise<void> => {
    const [pulse, releasing, end] = [
      openDatabase(database.ownerUrl),
      openDatabase(database.ownerUrl),
      new AbortController(),
    ];
    const workers = new LiveWorkers(pulse.pool);
    workers.ids.add('here');
    const loops = [keepBeating(workers, end.signal), keepReleasing(releasing.pool, workers, end.signal)];
    try {
      await work(workers);
    } finally {
      end.abort();
      await Promise.all(loops);
      await Promise.all([pulse.pool.end(), releasing.pool.end()]);
    }
  };
  /** Waits for that many more heartbeats of the worker in this process. */
  const beats = async (times: number): Promise<void> => {
    const seen = new Set<number>();
    await until(`${times} beats`, SLOW, async () => {
      const { rows } = await owner.query<{ at: Date }>(
        `SELECT beat_at AS at FROM worker_heartbeats WHERE worker_id = 'here'`,
      );
      if (rows[0]) seen.add(rows[0].at.getTime());
      return seen.size > times;
    });
  };

  it('stay with a worker whose heartbeat is being written while they are checked', async () => {
    await serverIsOld();
    await locked('late', 3_600);
    await locked('silent', 3_600);
    await beat(owner, ['late', 'silent']);
    await aged('late', 60);
    await aged('silent', 60);
    const client = await owner.connect();
    await client.query(`BEGIN; UPDATE worker_heartbeats SET beat_at = now() WHERE worker_id = 'late'`);
    const dead = await releaseDead(owner);
    await client.query('COMMIT');
    client.release();
    expect(dead).toEqual(['silent']);
    expect(await lockOwners()).toEqual(['late']);
  });

  it('are kept when a process starts, until live workers had time for a heartbeat', async () => {
    await serverIsOld();
    for (const worker of ['back', 'silent']) await locked(worker, 3_600);
    await beat(owner, ['back', 'silent']);
    // The database was unavailable to all of them.
    for (const worker of ['back', 'silent']) await aged(worker, 60);
    await inProcess(async () => {
      await beats(1);
      expect(await lockOwners()).toEqual(['back', 'silent']);
      await beat(owner, ['back']);
      await until('the silent one counts as dead', 15, async () => !(await lockOwners()).includes('silent'));
      expect(await lockOwners()).toEqual(['back']);
    });
  });

  it('delay no heartbeat when they cannot be released at once', async () => {
    await serverIsOld();
    await locked('silent', 3_600);
    const client = await owner.connect();
    await client.query('BEGIN; SELECT FROM graphile_worker._private_jobs FOR UPDATE');
    try {
      await inProcess(async (workers) => {
        await until('dead workers are looked for', 15, () => workers.canJudge());
        await beats(3);
        expect(await lockOwners()).toEqual(['silent']);
        await client.query('ROLLBACK');
        await until('they are released', 15, async () => (await lockOwners()).length === 0);
      });
    } finally {
      client.release(true);
    }
  });

  it('of a killed worker are released, and its job runs again', async () => {
    const first = startWorker();
    await until('the first worker is there', SLOW, () => first.said().includes('worker started'));
    const table = await lockTable('mails');
    await enqueue('held');
    await until('it is at the job', SLOW, () => lockOwners().then((ids) => ids.length > 0));
    await ended(first.child, 'SIGKILL');
    await release(table);
    const second = startWorker();
    await until('the second worker is there', SLOW, () => second.said().includes('worker started'));
    await until('the job has run', 15, async () => (await count(`graphile_worker.jobs WHERE key = 'held'`)) === 0);
    expect(second.said()).toContain('locks of dead workers were released');
    await enqueue('held');
    await until('the next one too', 15, async () => (await count(`graphile_worker.jobs WHERE key = 'held'`)) === 0);
  });
});

describe('a worker process', () => {
  it('exits when one of its workers has died, so that it is restarted', async () => {
    // A worker of the queue ends for good when it cannot give a failed job back.
    await owner.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.last_error IS NOT NULL THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$`);
    await owner.query(
      `CREATE TRIGGER refused BEFORE UPDATE ON graphile_worker._private_jobs FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    const worker = startWorker();
    await until('it is there', SLOW, () => worker.said().includes('worker started'));
    await owner.query(`SELECT graphile_worker.add_job('serve-waiting', '{"teamId": 1}')`);
    await until('it has ended', SLOW, () => worker.child.exitCode !== null);
    expect(worker.child.exitCode).toBe(1);
  });

  it('exits when it cannot start, and leaves nothing running', async () => {
    await owner.query('ALTER TABLE graphile_worker._private_jobs RENAME TO gone');
    const worker = startWorker();
    await until('it has ended', SLOW, () => worker.child.exitCode !== null);
    expect(worker.child.exitCode).toBe(1);
  });

  it('sends heartbeats before its start is complete, and is removed once it has been stopped', async () => {
    const table = await lockTable('messages');
    const worker = startWorker();
    await until('it beats', SLOW, async () => (await count('worker_heartbeats')) > 0);
    expect(worker.said()).not.toContain('worker started');
    await release(table);
    await until('it is there', SLOW, () => worker.said().includes('worker started'));
    expect(await count('worker_heartbeats')).toBeGreaterThan(0);
    expect(await ended(worker.child, 'SIGTERM')).toBe(0);
    expect(await count('worker_heartbeats')).toBe(0);
  });

  it('sends heartbeats until its last job has ended after a signal to stop', async () => {
    const worker = startWorker();
    await until('it is there', SLOW, () => worker.said().includes('worker started'));
    const table = await lockTable('mails');
    await enqueue('held');
    const isOpen = `graphile_worker.jobs WHERE key = 'held' AND locked_at IS NOT NULL`;
    await until('it is at the job', SLOW, async () => (await count(isOpen)) === 1);
    worker.child.kill('SIGTERM');
    const { rows } = await owner.query<{ now: string }>('SELECT now()::text AS now');
    const beaten = `worker_heartbeats WHERE beat_at > $1::timestamptz + interval '5 seconds'`;
    await until('it still beats', 15, async () => (await count(beaten, [rows[0]!.now])) > 0);
    expect(worker.child.exitCode).toBeNull();
    await release(table);
    await until('it has ended', SLOW, () => worker.child.exitCode !== null);
    expect(worker.child.exitCode).toBe(0);
    expect(await count('worker_heartbeats')).toBe(0);
    expect(await count(`graphile_worker.jobs WHERE key = 'held'`)).toBe(0);
  });
});

describe('the health of the queue', () => {
  it('reports since when a job is due, in the outbox or in the queue, and whether a worker is alive', async () => {
    const { pool } = openDatabase(database.appUrl, { max: 1 });
    try {
      expect(await readQueueHealth(pool)).toEqual({ oldestDueJobSeconds: 0, workerAlive: false });
      await beat(owner, ['one']);
      await enqueue('later');
      await owner.query(`UPDATE graphile_worker._private_jobs SET run_at = now() + interval '1 hour'`);
      expect(await readQueueHealth(pool)).toEqual({ oldestDueJobSeconds: 0, workerAlive: true });
      await owner.query(`UPDATE graphile_worker._private_jobs SET run_at = now() - interval '90 seconds'`);
      expect((await readQueueHealth(pool)).oldestDueJobSeconds).toBeGreaterThanOrEqual(90);
      // A job that is due for longer but less urgent.
      await enqueue('less urgent');
      await owner.query(
        `UPDATE graphile_worker._private_jobs SET priority = 10, run_at = now() - interval '200 seconds' WHERE key = 'less urgent'`,
      );
      expect((await readQueueHealth(pool)).oldestDueJobSeconds).toBeGreaterThanOrEqual(200);
      await owner.query(`INSERT INTO outbox (team_id, id, task, payload, created_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), 'alert', '{}', now() - interval '300 seconds')`);
      expect((await readQueueHealth(pool)).oldestDueJobSeconds).toBeGreaterThanOrEqual(300);
      await owner.query(`UPDATE worker_heartbeats SET beat_at = now() - interval '1 minute'`);
      expect(await readQueueHealth(pool)).toMatchObject({ workerAlive: false });
    } finally {
      await pool.end();
    }
  });
});
