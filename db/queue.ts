import type { Pool } from 'pg';

/** A worker that has not beaten for so long counts as dead. It beats every two seconds, so it may miss three times. */
export const SILENT_SECONDS = 8;

/** How the job queue stands. `oldestDueJobSeconds`: how long the oldest job waits that could run now; 0 where none waits. */
export type QueueHealth = { oldestDueJobSeconds: number; workerAlive: boolean };

/** Reads how the job queue stands: what the relay has not moved yet counts too. Works with the application's role. */
export async function readQueueHealth(pool: Pool): Promise<QueueHealth> {
  const { rows } = await pool.query<QueueHealth>(
    `SELECT coalesce(floor(greatest(0, extract(epoch FROM now() - least(q.due_since, o.due_since)))), 0)::int AS "oldestDueJobSeconds",
       q.worker_alive AS "workerAlive"
     FROM queue_health($1) q, (SELECT min(created_at) AS due_since FROM outbox) o`,
    [SILENT_SECONDS],
  );
  return rows[0]!;
}
