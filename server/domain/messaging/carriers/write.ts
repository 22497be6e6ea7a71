import { sql } from 'drizzle-orm';
import type { Services } from '@/server/domain/core/context';

/** The connection of a carrier, as a worker sees it. */
export type CarrierState = { name: string; connected: boolean; detail: string | null };

/** Records the connections of the carriers as a worker sees them; the time of the last change is kept. */
export async function recordCarrierHealth(services: Services, workerId: string, states: CarrierState[]): Promise<void> {
  await services.database.db.execute(sql`
    INSERT INTO carrier_health AS h (carrier, worker_id, is_connected, detail, since, checked_at)
    SELECT x.name, ${workerId}, x.connected, x.detail, now(), now()
    FROM jsonb_to_recordset(${JSON.stringify(states)}::jsonb) AS x(name text, connected boolean, detail text)
    ON CONFLICT (carrier, worker_id) DO UPDATE SET is_connected = excluded.is_connected, detail = excluded.detail, checked_at = now(),
      since = CASE WHEN h.is_connected = excluded.is_connected THEN h.since ELSE now() END`);
}
