import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerEvents } from 'graphile-worker';
import type { Pool, QueryConfig } from 'pg';
import { SILENT_SECONDS } from '@/db/queue';
import { describeFault, log } from '@/server/log';

const BEAT_MS = 2_000;

/** A connection that no longer answers must not keep this process from beating on another. */
const QUERY_TIMEOUT_MS = 4_000;

/** After the database was away, every live worker gets so long to beat again before any counts as dead. */
const GRACE_SECONDS = 6;

/** The queue's workers of this process. `lost` resolves, with the reason, once one of them has ended unasked. */
export class LiveWorkers {
  readonly ids = new Set<string>();
  readonly lost: Promise<string>;
  #lose!: (reason: string) => void;
  #stopping = false;

  constructor() {
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  /** Makes the events of one runner, whose workers are counted here. */
  watch(): WorkerEvents {
    const events: WorkerEvents = new EventEmitter();
    events.on('worker:create', ({ worker }) => this.ids.add(worker.workerId));
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
}

/** Writes that these workers are alive, by the database's clock. One that was given up for dead is there again. */
export async function beat(owner: Pool, workerIds: Iterable<string>): Promise<void> {
  await owner.query({
    text: `INSERT INTO worker_heartbeats (worker_id, beat_at) SELECT id, now() FROM unnest($1::text[]) AS id
     ON CONFLICT (worker_id) DO UPDATE SET beat_at = excluded.beat_at`,
    values: [[...workerIds]],
    query_timeout: QUERY_TIMEOUT_MS,
  } as QueryConfig);
}

/**
 * Releases the jobs and queues that dead workers have locked, which the queue itself would keep locked for four hours. Dead is
 * who holds a lock and has not beaten for `SILENT_SECONDS`. Releases nothing while the database itself has just started.
 * @returns the ids of the workers whose locks were released
 */
export async function releaseDead(owner: Pool): Promise<string[]> {
  const { rows } = await owner.query<{ id: string }>(
    `WITH held AS (
       SELECT locked_by AS id, locked_at FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL
       UNION ALL SELECT locked_by, locked_at FROM graphile_worker._private_job_queues WHERE locked_by IS NOT NULL)
     SELECT held.id FROM held LEFT JOIN worker_heartbeats b ON b.worker_id = held.id
     WHERE pg_postmaster_start_time() < now() - make_interval(secs => $2)
     GROUP BY held.id
     HAVING greatest(max(held.locked_at), max(b.beat_at)) < now() - make_interval(secs => $1)`,
    [SILENT_SECONDS, GRACE_SECONDS],
  );
  const dead = rows.map(({ id }) => id);
  if (dead.length === 0) return dead;
  // A mail is claimed for minutes: what a dead worker was sending would else wait for the end of its claim.
  await owner.query(
    `UPDATE mails m SET claimed_until = NULL FROM graphile_worker._private_jobs j
     JOIN graphile_worker._private_tasks t ON t.id = j.task_id AND t.identifier = 'send-mail'
     WHERE j.locked_by = ANY ($1::text[]) AND m.id = (j.payload->>'mailId')::uuid AND m.state = 'queued'`,
    [dead],
  );
  await owner.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [dead]);
  return dead;
}

/**
 * Beats for this process's workers, and releases what dead ones of any process hold, at once and then every two seconds, until
 * told to stop. Afterwards these workers are known to be gone.
 */
export async function keepBeating(owner: Pool, { ids }: LiveWorkers, signal: AbortSignal): Promise<void> {
  let last = performance.now();
  let graceUntil = 0;
  while (!signal.aborted) {
    try {
      await beat(owner, ids);
      const now = performance.now();
      // Who has missed beats knows that others may have, too: the database was away, or this machine stood still.
      if (now - last > GRACE_SECONDS * 1_000) graceUntil = now + GRACE_SECONDS * 1_000;
      last = now;
      const dead = now < graceUntil ? [] : await releaseDead(owner);
      if (dead.length > 0) log({ msg: 'locks of dead workers were released', level: 'warn', workers: dead });
    } catch (error) {
      log({ msg: 'no heartbeat was written; trying again', level: 'warn', ...describeFault(error) });
    }
    await sleep(BEAT_MS, undefined, { signal }).catch(() => {});
  }
}

/** Forgets workers that have ended, and those that have been dead for a day. */
export async function forget(owner: Pool, workerIds: Iterable<string>): Promise<void> {
  await owner.query(
    `DELETE FROM worker_heartbeats WHERE worker_id = ANY ($1::text[]) OR beat_at < now() - interval '1 day'`,
    [[...workerIds]],
  );
}
