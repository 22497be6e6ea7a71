import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { describeFault, log } from '@/server/log';

const BATCH = 500;
const POLL_MS = 200;
const AFTER_FAULT_MS = 2_000;

/**
 * Moves the jobs that commands have enqueued (rows of `outbox`) to the job queue until stopped. The only caller of
 * `add_job`: a NOTIFY inside a money transaction would serialise commits.
 */
export async function relay(owner: Pool, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const moved = await relayBatch(owner);
      if (moved < BATCH) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    } catch (error) {
      log({ msg: 'relay failed; trying again', level: 'warn', ...describeFault(error) });
      await sleep(AFTER_FAULT_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** Moves one batch in one transaction, so that a job is either in the outbox or in the queue. */
export async function relayBatch(owner: Pool): Promise<number> {
  const client = await owner.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const moved = await move(client);
    await client.query('COMMIT');
    return moved;
  } catch (error) {
    await client.query('ROLLBACK').catch((e: Error) => (broken = e));
    throw error;
  } finally {
    client.release(broken);
  }
}

async function move(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ team_id: string; id: string }>(
    'SELECT team_id, id FROM outbox ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED',
    [BATCH],
  );
  if (rows.length === 0) return 0;
  // A team's jobs run one after another, because two that serve its waiting rules at once would gain nothing. Emails
  // run independently, so that a slow one delays no other. Of several pending jobs for waiting rules the last one is
  // enough.
  await client.query(
    `WITH taken AS (DELETE FROM outbox o USING unnest($1::uuid[], $2::uuid[]) AS t(team_id, id)
        WHERE o.team_id = t.team_id AND o.id = t.id RETURNING o.*),
      wanted AS (SELECT DISTINCT ON (key) * FROM (
        SELECT *, CASE WHEN task = 'serve-waiting' THEN task || ':' || team_id ELSE id::text END AS key FROM taken) keyed
        ORDER BY key, created_at)
     SELECT graphile_worker.add_job(task, payload::json, queue_name => CASE WHEN task <> 'send-mail' THEN task || ':' || team_id END,
       job_key => key, job_key_mode => 'replace') FROM wanted ORDER BY created_at`,
    [rows.map((row) => row.team_id), rows.map((row) => row.id)],
  );
  return rows.length;
}
