import { sql } from 'drizzle-orm';
import type { Context } from '@/server/domain/core/context';
import { may } from '@/server/domain/core/policy';
import { HELD_COUNTED_MAX, type DownCarriers } from './schema';

/** The time after which a worker's word no longer counts: it has ended, or writes nothing. */
const FRESH_SECONDS = 60;

/**
 * Returns the carriers to which no worker is connected, for the owners of a team that has messages waiting for them.
 * @throws DomainError `owner_required`
 */
export async function listDownCarriers(ctx: Context): Promise<DownCarriers> {
  may(ctx.actor, 'team.see');
  const { rows } = await ctx.db.execute<{ name: string; detail: string | null; since: string; waiting: string }>(sql`
    SELECT d.*, w.waiting FROM (
      SELECT carrier AS name, max(detail) AS detail, max(since)::text AS since FROM carrier_health
      WHERE checked_at > now() - make_interval(secs => ${FRESH_SECONDS}) GROUP BY carrier HAVING NOT bool_or(is_connected)) d
    CROSS JOIN LATERAL (SELECT count(*) AS waiting FROM (
      SELECT 1 FROM messages m WHERE m.status = 'queued' AND m.carrier = d.name AND m.team_id = ${ctx.actor.teamId}::uuid
      LIMIT ${HELD_COUNTED_MAX}) q) w
    WHERE w.waiting > 0 ORDER BY d.name`);
  return rows.map((row) => ({ ...row, since: new Date(row.since), waiting: Number(row.waiting) }));
}
