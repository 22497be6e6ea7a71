import { sql } from 'drizzle-orm';
import type { Context } from '@/server/domain/core/context';
import { failField } from '@/server/domain/core/errors';
import { daysOf, memberScopeOf } from '../usage/read';
import type { RefusalReason } from './rules';
import type { Refusals, RefusalsInput, TopRefusals } from './schema';
import { flushSoon } from './write';

/**
 * Returns refused sends by member, UTC day and reason, newest day first. A member sees only its own. Counts of other
 * web processes from the last seconds are not included yet.
 * @throws DomainError `invalid_request` for a range that ends before it begins, or that holds more than `ROWS_MAX` rows
 */
export async function listRefusals(ctx: Context, input: RefusalsInput): Promise<Refusals> {
  const range = await daysOf(ctx, input);
  const member = memberScopeOf(ctx, input);
  if (member === undefined) return { ...range, data: [], total: { count: 0 } };
  await flushSoon(ctx.database.pool);
  const { rows } = await ctx.db.execute<{
    memberId: string;
    day: string;
    reason: RefusalReason;
    count: number;
    lastAt: string;
  }>(sql`
    SELECT member_id AS "memberId", day::text, reason, count, last_at AS "lastAt" FROM refusals
    WHERE team_id = ${ctx.actor.teamId}::uuid AND day >= ${range.from}::date AND day < ${range.to}::date
      ${member === null ? sql`` : sql`AND member_id = ${member}::uuid`}
    ORDER BY day DESC, member_id, reason LIMIT ${ROWS_MAX + 1}`);
  if (rows.length > ROWS_MAX) failTooLong();
  const data = rows.map((row) => ({ ...row, lastAt: new Date(row.lastAt) }));
  return { ...range, data, total: { count: data.reduce((sum, { count }) => sum + count, 0) } };
}

/** Limits the answer to some megabytes of JSON; a larger request must name fewer days or one member. */
const ROWS_MAX = 10_000;

function failTooLong(): never {
  const detail = `The range holds more than ${ROWS_MAX} rows. Request fewer days, or a single member.`;
  return failField('from', detail);
}

const DAYS_SHOWN = 7;
const SHOWN = 5;

/** Returns the refused sends of the last days by member and reason. The caller checks the permission. */
export async function topRefusals(ctx: Context): Promise<TopRefusals> {
  await flushSoon(ctx.database.pool);
  const team = sql`${ctx.actor.teamId}::uuid`;
  const { rows } = await ctx.db.execute<{
    id: string;
    name: string;
    reason: RefusalReason;
    count: string;
    at: string;
    all: string;
  }>(sql`
    SELECT m.id, m.name, r.reason, r.count, r.at, r.all FROM (
      SELECT member_id, reason, sum(count) AS count, max(last_at) AS at, sum(sum(count)) OVER () AS all FROM refusals
      WHERE team_id = ${team} AND day > (now() AT TIME ZONE 'UTC')::date - ${DAYS_SHOWN}::int
      GROUP BY member_id, reason ORDER BY 3 DESC, 4 DESC LIMIT ${SHOWN}) r
    JOIN members m ON m.team_id = ${team} AND m.id = r.member_id ORDER BY r.count DESC, r.at DESC`);
  return {
    count: Number(rows[0]?.all ?? 0),
    top: rows.map(({ id, name, reason, count, at }) => ({
      memberId: id,
      name,
      reason,
      count: Number(count),
      lastAt: new Date(at),
    })),
  };
}
