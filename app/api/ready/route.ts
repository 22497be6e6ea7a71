import { pool } from '@/db/client';
import { pendingMigrations } from '@/db/migrate';
import { readQueueHealth, type QueueHealth } from '@/db/queue';

export const dynamic = 'force-dynamic';

const TIMEOUT_MS = 3_000;

type Readiness = { reason: string } | QueueHealth;

async function readiness(): Promise<Readiness> {
  // The server sets this flag in the same process, from another bundle.
  if (Reflect.get(globalThis, Symbol.for('purser.draining')) === true) return { reason: 'shutting down' };
  const away = { reason: 'the database does not answer' };
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<Readiness>((resolve) => {
    late = setTimeout(resolve, TIMEOUT_MS, away);
  });
  try {
    return await Promise.race([lookAtDatabase().catch(() => away), timeout]);
  } finally {
    clearTimeout(late);
  }
}

async function lookAtDatabase(): Promise<Readiness> {
  const pending = await pendingMigrations(pool());
  if (pending.length > 0) return { reason: `migrations are missing: ${pending.join(', ')}` };
  return healthNow();
}

const FRESH_MS = 1_000;
let last: { at: number; health: Promise<QueueHealth> } | undefined;

// The queue is checked at most once a second, however often this is requested.
function healthNow(): Promise<QueueHealth> {
  if (!last || performance.now() - last.at > FRESH_MS)
    last = { at: performance.now(), health: readQueueHealth(pool()) };
  return last.health;
}

/**
 * Reports that this process can serve requests. Answers 503 while it is ending, the database is unavailable, or the
 * migrations are not this release's. A stalled queue does not make a web process unready; the body reports it for
 * monitoring.
 */
export async function GET(): Promise<Response> {
  const now = await readiness();
  const headers = { 'Cache-Control': 'no-store' };
  if ('reason' in now) return Response.json({ ready: false, reason: now.reason }, { status: 503, headers });
  return Response.json({ ready: true, ...now }, { headers });
}
