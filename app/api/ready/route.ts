import { pool } from '@/db/client';
import { pendingMigrations } from '@/db/migrate';

export const dynamic = 'force-dynamic';

const TIMEOUT_MS = 3_000;

async function unreadiness(): Promise<string | undefined> {
  // Set by the server in this very process, from another bundle.
  if (Reflect.get(globalThis, Symbol.for('purser.draining')) === true) return 'shutting down';
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<string>((resolve) => {
    late = setTimeout(resolve, TIMEOUT_MS, 'the database does not answer');
  });
  const asked = pendingMigrations(pool()).then(
    (pending) => (pending.length > 0 ? `migrations are missing: ${pending.join(', ')}` : undefined),
    () => 'the database does not answer',
  );
  try {
    return await Promise.race([asked, timeout]);
  } finally {
    clearTimeout(late);
  }
}

/** Ready: send requests here. 503 while the process ends, the database is away, or its migrations are not this release's. */
export async function GET(): Promise<Response> {
  const reason = await unreadiness();
  const headers = { 'Cache-Control': 'no-store' };
  if (reason === undefined) return Response.json({ ready: true }, { headers });
  return Response.json({ ready: false, reason }, { status: 503, headers });
}
