export const dynamic = 'force-dynamic';

/** Alive: this process answers. Says nothing of the database, so that a database that is down restarts no web process. */
export function GET(): Response {
  return Response.json({ ok: true }, { headers: { 'Cache-Control': 'no-store' } });
}
