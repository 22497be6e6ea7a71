import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerEvents } from 'graphile-worker';
import type { Pool, QueryConfig } from 'pg';
import { SILENT_SECONDS } from '@/db/queue';
import { describeFault, log } from '@/server/log';

const BEAT_MS = 2_000;
const AFTER_FAULT_MS = 500;
const RELEASE_MS = 1_000;

/** The query timeout, in milliseconds: a dead connection must not keep this process from using another. */
const QUERY_TIMEOUT_MS = 4_000;

/** The time that live workers get to send a heartbeat after a database outage, before any counts as dead. */
const GRACE_SECONDS = 6;

/** The queue workers of this process. `lost` resolves with the reason once one of them has ended unexpectedly. */
export class LiveWorkers {
  readonly ids = new Set<string>();
  readonly lost: Promise<string>;
  readonly #pulse: Pool;
  #lose!: (reason: string) => void;
  #stopping = false;
  #lastBeat = Number.NEGATIVE_INFINITY;
  #graceUntil = Number.POSITIVE_INFINITY;

  /**
   * Creates the set of workers.
   * @param pulse connections for heartbeats, which no job uses
   */
  constructor(pulse: Pool) {
    this.#pulse = pulse;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  /** Returns the events of one runner, whose workers are added here and send a heartbeat before they take a job. */
  watch(): WorkerEvents {
    const events: WorkerEvents = new EventEmitter();
    events.on('worker:create', ({ worker }) => {
      this.ids.add(worker.workerId);
      // If this fails, the next heartbeat of all workers writes it.
      beat(this.#pulse, [worker.workerId]).catch(() => {});
    });
    events.on('worker:fatalError', () => this.lose('a worker could not give its job back'));
    events.on('worker:stop', () => this.lose('a worker of the queue has ended'));
    return events;
  }

  /** Reports a part of this process that has ended, unless the process is stopping. */
  lose(reason: string): void {
    if (!this.#stopping) this.#lose(reason);
  }

  /** Marks the following worker ends as intended. */
  stopping(): void {
    this.#stopping = true;
  }

  /** Sends a heartbeat for all workers of this process. */
  async beat(): Promise<void> {
    await beat(this.#pulse, this.ids);
    const now = performance.now();
    // A process that missed heartbeats or has just started cannot know whether the database was unavailable to all
    // workers.
    if (now - this.#lastBeat > GRACE_SECONDS * 1_000) this.#graceUntil = now + GRACE_SECONDS * 1_000;
    this.#lastBeat = now;
  }

  /** Returns whether this process has sent heartbeats long enough for all other live workers to have sent theirs. */
  canJudge(): boolean {
    const now = performance.now();
    return now >= this.#graceUntil && now - this.#lastBeat <= GRACE_SECONDS * 1_000;
  }
}

/** Records that these workers are alive, by the database's clock. A worker that was declared dead is recorded again. */
export async function beat(owner: Pool, workerIds: Iterable<string>): Promise<void> {
  await owner.query(
    timed(
      `INSERT INTO worker_heartbeats (worker_id, beat_at) SELECT id, now() FROM unnest($1::text[]) AS id
       ON CONFLICT (worker_id) DO UPDATE SET beat_at = excluded.beat_at`,
      [[...workerIds]],
    ),
  );
}

/**
 * Releases the jobs and queues locked by dead workers, which the queue would otherwise keep locked for four hours. A
 * worker is dead if it holds a lock and has sent no heartbeat for `SILENT_SECONDS`. Locks its heartbeat row until the
 * release is done, so that a late heartbeat comes before or after it. Does nothing while the database has just started.
 * @returns the ids of the workers whose locks were released
 */
export async function releaseDead(owner: Pool): Promise<string[]> {
  const client = await owner.connect();
  let isBroken = true;
  try {
    await client.query(timed(`BEGIN; SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '2s'`));
    const { rows } = await client.query<{ ids: string[] }>(timed(RELEASE, [SILENT_SECONDS, GRACE_SECONDS]));
    await client.query(timed('COMMIT'));
    isBroken = false;
    return rows[0]?.ids ?? [];
  } finally {
    // Closing the connection amid a transaction rolls it back.
    client.release(isBroken);
  }
}

const timed = (text: string, values: unknown[] = []): QueryConfig =>
  ({ text, ...(values.length > 0 && { values }), query_timeout: QUERY_TIMEOUT_MS }) as QueryConfig;

// Releases claimed emails too, which would otherwise stay claimed for minutes.
const RELEASE = `
  WITH held AS (
    SELECT id, max(locked_at) AS locked_at FROM (
      SELECT locked_by AS id, locked_at FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL
      UNION ALL SELECT locked_by, locked_at FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL) locks
    GROUP BY id),
  silent AS (
    SELECT b.worker_id FROM worker_heartbeats b
    WHERE b.worker_id IN (SELECT id FROM held) AND b.beat_at < now() - make_interval(secs => $1)
    FOR UPDATE SKIP LOCKED),
  dead AS MATERIALIZED (
    SELECT h.id FROM held h
    WHERE pg_postmaster_start_time() < now() - make_interval(secs => $2) AND h.locked_at < now() - make_interval(secs => $1)
      AND (h.id IN (SELECT worker_id FROM silent) OR NOT EXISTS (SELECT FROM worker_heartbeats b WHERE b.worker_id = h.id))),
  unclaimed AS (
    UPDATE mails m SET claimed_until = NULL FROM graphile_worker._private_jobs j
    JOIN graphile_worker._private_tasks t ON t.id = j.task_id AND t.identifier = 'send-mail'
    WHERE j.locked_by IN (SELECT id FROM dead) AND m.id = (j.payload->>'mailId')::uuid AND m.state = 'queued')
  SELECT d.ids, graphile_worker.force_unlock_workers(d.ids)
  FROM (SELECT array_agg(id) AS ids FROM dead HAVING count(*) > 0) d`;

/** Sends heartbeats for this process's workers every two seconds until stopped. */
export async function keepBeating(workers: LiveWorkers, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let pause = BEAT_MS;
    try {
      await workers.beat();
    } catch (error) {
      pause = AFTER_FAULT_MS;
      log({ msg: 'no heartbeat was written; trying again', level: 'warn', ...describeFault(error) });
    }
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}

/**
 * Releases the locks of dead workers of any process every second until stopped. Uses its own connection, so that a
 * release that waits for a row delays no heartbeat.
 */
export async function keepReleasing(owner: Pool, workers: LiveWorkers, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const dead = workers.canJudge() ? await releaseDead(owner) : [];
      if (dead.length > 0) log({ msg: 'locks of dead workers were released', level: 'warn', workers: dead });
    } catch (error) {
      log({ msg: 'locks of dead workers were not released; trying again', level: 'warn', ...describeFault(error) });
    }
    await sleep(RELEASE_MS, undefined, { signal }).catch(() => {});
  }
}

/** Deletes the heartbeats of workers that have ended, or have been dead for a day. */
export async function forget(owner: Pool, workerIds: Iterable<string>): Promise<void> {
  await owner.query(
    `DELETE FROM worker_heartbeats WHERE worker_id = ANY ($1::text[]) OR beat_at < now() - interval '1 day'`,
    [[...workerIds]],
  );
}
