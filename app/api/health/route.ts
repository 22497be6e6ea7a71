export const dynamic = 'force-dynamic';

/** Reports that this process is alive. Does not check the database, so that an outage of it restarts no web process. */
export function GET(): Response {
  return Response.json({ ok: true }, { headers: { 'Cache-Control': 'no-store' } });
}
