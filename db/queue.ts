import type { Pool } from 'pg';

/** Seconds without a heartbeat after which a worker counts as dead. It sends one every two seconds and may miss three. */
export const SILENT_SECONDS = 8;

/** The health of the job queue. `oldestDueJobSeconds`: the age of the oldest job that is due; 0 if there is none. */
export type QueueHealth = { oldestDueJobSeconds: number; workerAlive: boolean };

/** Reads the health of the job queue, including the outbox. Works with the application's role. */
export async function readQueueHealth(pool: Pool): Promise<QueueHealth> {
  const { rows } = await pool.query<QueueHealth>(
    `SELECT coalesce(floor(greatest(0, extract(epoch FROM now() - least(q.due_since, o.due_since)))), 0)::int AS "oldestDueJobSeconds",
       q.worker_alive AS "workerAlive"
     FROM queue_health($1) q, (SELECT min(created_at) AS due_since FROM outbox) o`,
    [SILENT_SECONDS],
  );
  return rows[0]!;
}
