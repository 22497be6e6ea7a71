import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { usageDaily, usageTeamDaily } from '@/db/schema/messages';
import { snapshot, type Ctx } from '../ctx';
import { fail } from '../errors';
import { parseId } from '../ids';
import { heldTo } from '../policy';
import type { Usage, UsageInput, UsageRow } from './schema';

const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * Messages and their cost by member, day or country, over a range of UTC days: from the daily sums, so that its time
 * grows with the days and not with the messages. By day or country it does not grow with the members either. A member
 * sees itself alone.
 */
export async function usageReport(ctx: Ctx, input: UsageInput): Promise<Usage> {
  const range = await daysOf(ctx, input);
  const seat = seatOf(ctx, input);
  const data = seat === undefined ? [] : await groups(ctx, range, input.groupBy, seat);
  return { ...range, data, total: totalOf(data) };
}

type Range = { from: string; to: string };

const dayText = (time: number): string => new Date(time).toISOString().slice(0, 10);

async function daysOf(ctx: Ctx, { from, to }: UsageInput): Promise<Range> {
  if (from !== undefined && to !== undefined) return { from, to };
  const { rows } = await ctx.db.execute<{ now: string }>(sql`SELECT now()::text AS now`);
  const end = to ?? dayText(new Date(rows[0]!.now).getTime() + DAY_MS);
  const start = from ?? dayText(Date.parse(end) - DEFAULT_DAYS * DAY_MS);
  if (start < end) return { from: start, to: end };
  const detail = 'Must not be after today, unless `to` is given too.';
  return fail('invalid_request', {
    detail: `from: ${detail}`,
    errors: [{ pointer: 'from', code: 'invalid_request', detail }],
  });
}

/** Whose sums: one seat's, the whole team's (null), or nobody's (undefined: another's seat, or none). */
function seatOf(ctx: Ctx, { memberId }: UsageInput): string | null | undefined {
  const own = heldTo(ctx.actor, 'reports.see');
  if (memberId === undefined) return own;
  const seat = parseId('mem', memberId);
  return seat && (own === null || own === seat) ? seat : undefined;
}

type Sums = { messages: string; segments: string; delivered: string; failed: string; cost: string };

async function groups(
  ctx: Ctx,
  range: Range,
  groupBy: UsageInput['groupBy'],
  seat: string | null,
): Promise<UsageRow[]> {
  const table = seat === null && groupBy !== 'member' ? usageTeamDaily : usageDaily;
  const key = groupBy === 'member' ? usageDaily.memberId : table[groupBy];
  const sum = (column: 'messages' | 'segments' | 'delivered' | 'failed' | 'cost') => sql<string>`sum(${table[column]})`;
  const rows: (Sums & { key: string })[] = await ctx.db
    .select({
      key: sql<string>`${key}::text`,
      messages: sum('messages'),
      segments: sum('segments'),
      delivered: sum('delivered'),
      failed: sum('failed'),
      cost: sum('cost'),
    })
    .from(table)
    .where(
      and(
        eq(table.teamId, ctx.actor.teamId),
        seat === null ? undefined : eq(usageDaily.memberId, seat),
        gte(table.day, range.from),
        lt(table.day, range.to),
      ),
    )
    .groupBy(key)
    .orderBy(asc(key));
  const name = groupBy === 'member' ? 'memberId' : groupBy;
  return rows.map(({ key: value, cost, ...counts }) => ({
    [name]: value,
    messages: Number(counts.messages),
    segments: Number(counts.segments),
    delivered: Number(counts.delivered),
    failed: Number(counts.failed),
    cost: BigInt(cost),
  }));
}

const totalOf = (rows: UsageRow[]): Usage['total'] =>
  rows.reduce(
    (total, row) => ({
      messages: total.messages + row.messages,
      segments: total.segments + row.segments,
      delivered: total.delivered + row.delivered,
      failed: total.failed + row.failed,
      cost: total.cost + row.cost,
    }),
    { messages: 0, segments: 0, delivered: 0, failed: 0, cost: 0n },
  );

/** `daysNotRecounted`: days with sums whose messages retention has dropped. */
export type ReportsProof = {
  ok: boolean;
  messages: number;
  sums: number;
  daysNotRecounted: number;
  problems: string[];
};

const PROBLEMS_SHOWN = 20;

/**
 * Proves the daily sums of the whole database against a recount of the log, as far back as it is kept, and the teams' sums
 * against the members'. Names the first that differ. Reads one snapshot, and changes nothing.
 */
export async function verifyReports(db: Db): Promise<ReportsProof> {
  return snapshot(db, async (all) => {
    // Tables are dropped for every snapshot at once: retention waits from here on, before this one is taken.
    await all.execute(sql`LOCK TABLE messages IN ACCESS SHARE MODE`);
    const wrong = await all.execute<{ place: string; found: string; counted: string }>(sql`
      WITH counted AS (
        SELECT team_id, member_id, (created_at AT TIME ZONE 'UTC')::date AS day, country, ${RECOUNT} FROM messages
        WHERE (created_at AT TIME ZONE 'UTC')::date >= ${KEPT_FROM} GROUP BY 1, 2, 3, 4
      ), members AS (SELECT team_id, member_id, day, country, ${KEPT} FROM usage_daily WHERE day >= ${KEPT_FROM} GROUP BY 1, 2, 3, 4),
      teams AS (SELECT team_id, day, country, ${KEPT} FROM usage_team_daily GROUP BY 1, 2, 3),
      summed AS (SELECT team_id, day, country, ${KEPT} FROM usage_daily GROUP BY 1, 2, 3)
      SELECT 'team ' || team_id || ', member ' || member_id || ', ' || day || ', ' || country AS place,
        coalesce(k.sums::text, 'nothing') AS found, coalesce(c.sums::text, 'nothing') AS counted
      FROM members k FULL JOIN counted c USING (team_id, member_id, day, country) WHERE k.sums IS DISTINCT FROM c.sums
      UNION ALL
      SELECT 'team ' || team_id || ', all members, ' || day || ', ' || country, coalesce(k.sums::text, 'nothing'), coalesce(c.sums::text, 'nothing')
      FROM teams k FULL JOIN summed c USING (team_id, day, country) WHERE k.sums IS DISTINCT FROM c.sums
      ORDER BY 1 LIMIT ${PROBLEMS_SHOWN}`);
    const { rows } = await all.execute<{ messages: string; sums: string; before: string }>(
      sql`SELECT (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM usage_daily) AS sums,
        (SELECT count(DISTINCT day) FROM usage_daily WHERE day < ${KEPT_FROM}) AS before`,
    );
    const problems = wrong.rows.map(
      ({ place, found, counted }) => `${place}: the sums say ${found}, the recount ${counted}`,
    );
    return {
      ok: problems.length === 0,
      messages: Number(rows[0]!.messages),
      sums: Number(rows[0]!.sums),
      daysNotRecounted: Number(rows[0]!.before),
      problems,
    };
  });
}

/** The day (UTC) from which on the log is whole: the one after the last month that retention has dropped. */
export const KEPT_FROM = sql`(SELECT coalesce((max(month) + interval '1 month')::date, '-infinity') FROM messages_dropped)`;

/** Messages, segments, delivered, failed and cost in micros, as one list. */
const RECOUNT = sql`array[count(*), sum(segments), count(*) FILTER (WHERE status = 'delivered'),
  count(*) FILTER (WHERE status = 'failed'), sum(cost)]::numeric[] AS sums`;
const KEPT = sql`array[sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost)]::numeric[] AS sums`;
