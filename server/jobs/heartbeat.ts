import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerEvents } from 'graphile-worker';
import type { Pool, QueryConfig } from 'pg';
import { SILENT_SECONDS } from '@/db/queue';
import { describeFault, log } from '@/server/log';

const BEAT_MS = 2_000;
const AFTER_FAULT_MS = 500;
const RELEASE_MS = 1_000;

/** A connection that no longer answers must not keep this process from beating on another. */
const QUERY_TIMEOUT_MS = 4_000;

/** After the database was away, every live worker gets so long to beat again before any counts as dead. */
const GRACE_SECONDS = 6;

/** The queue's workers of this process. `lost` resolves, with the reason, once one of them has ended unasked. */
export class LiveWorkers {
  readonly ids = new Set<string>();
  readonly lost: Promise<string>;
  readonly #pulse: Pool;
  #lose!: (reason: string) => void;
  #stopping = false;
  #lastBeat = Number.NEGATIVE_INFINITY;
  #graceUntil = Number.POSITIVE_INFINITY;

  /** @param pulse the connections on which these workers beat, which no job takes */
  constructor(pulse: Pool) {
    this.#pulse = pulse;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  /** Makes the events of one runner, whose workers are counted here and beat before they take a job. */
  watch(): WorkerEvents {
    const events: WorkerEvents = new EventEmitter();
    events.on('worker:create', ({ worker }) => {
      this.ids.add(worker.workerId);
      // If this fails, the next beat of all workers writes it.
      beat(this.#pulse, [worker.workerId]).catch(() => {});
    });
    events.on('worker:fatalError', () => this.lose('a worker could not give its job back'));
    events.on('worker:stop', () => this.lose('a worker of the queue has ended'));
    return events;
  }

  /** Reports a part of this process that has ended, unless all is being ended. */
  lose(reason: string): void {
    if (!this.#stopping) this.#lose(reason);
  }

  /** Says that workers end from now on because they are told to. */
  stopping(): void {
    this.#stopping = true;
  }

  /** Beats for all of these workers. */
  async beat(): Promise<void> {
    await beat(this.#pulse, this.ids);
    const now = performance.now();
    // A process that has missed beats, or has just begun, does not know whether the database was away for all workers.
    if (now - this.#lastBeat > GRACE_SECONDS * 1_000) this.#graceUntil = now + GRACE_SECONDS * 1_000;
    this.#lastBeat = now;
  }

  /** Returns whether this process beats, and has done so for long enough that other live workers have beaten too. */
  canJudge(): boolean {
    const now = performance.now();
    return now >= this.#graceUntil && now - this.#lastBeat <= GRACE_SECONDS * 1_000;
  }
}

/** Writes that these workers are alive, by the database's clock. One that was given up for dead is there again. */
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
 * Releases the jobs and queues that dead workers have locked, which the queue itself would keep locked for four hours. A
 * worker is dead that holds a lock and has not beaten for `SILENT_SECONDS`. Its heartbeat's row is locked until all is
 * released, so a late beat comes before (and the worker lives) or after. Does nothing while the database has just started.
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
    // A connection that is closed amid a transaction rolls it back.
    client.release(isBroken);
  }
}

const timed = (text: string, values: unknown[] = []): QueryConfig =>
  ({ text, ...(values.length > 0 && { values }), query_timeout: QUERY_TIMEOUT_MS }) as QueryConfig;

// A mail is claimed for minutes: one that a dead worker was sending would else wait for the end of its claim.
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

/** Beats for this process's workers at once and then every two seconds, until told to stop. */
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
 * Releases the locks of dead workers of any process every second, until told to stop, on a connection of its own: a release
 * that waits for a row delays no beat.
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

/** Forgets workers that have ended, and those that have been dead for a day. */
export async function forget(owner: Pool, workerIds: Iterable<string>): Promise<void> {
  await owner.query(
    `DELETE FROM worker_heartbeats WHERE worker_id = ANY ($1::text[]) OR beat_at < now() - interval '1 day'`,
    [[...workerIds]],
  );
}
