import { and, asc, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { usageDaily, usageTeamDaily } from '@/db/schema/messages';
import { type Context } from '@/server/domain/core/context';
import { failField } from '@/server/domain/core/errors';
import { printId } from '@/server/domain/core/ids';
import { ownMemberScope } from '@/server/domain/core/policy';
import { addDays, daysIn, splitRange, RANGE_MAX_DAYS, rangeBefore, type Range } from './rules';
import type { BrowseUsage, ExportUsage, Usage, UsageGroup, UsageInput, UsagePage, UsageRow } from './schema';
import { readSnapshot } from '@/server/domain/core/transaction';

const DEFAULT_DAYS = 30;

/**
 * Returns messages and their cost by member, day or country over a range of UTC days. Reads the daily sums, so the time
 * grows with the days, not with the messages; by day or country it does not grow with the members either. A member sees
 * only itself.
 */
export async function usageReport(ctx: Context, input: UsageInput): Promise<Usage> {
  const range = await daysOf(ctx, input);
  const onlyMemberId = memberScopeOf(ctx, input);
  const data = onlyMemberId === undefined ? [] : await groups(ctx, range, input.groupBy, onlyMemberId);
  return { ...range, data, total: totalOf(data) };
}

/** Returns the requested range of days; by default the last 30, including today. */
export async function daysOf(
  ctx: Context,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Promise<Range> {
  if (from !== undefined && to !== undefined) return { from, to };
  const { rows } = await ctx.db.execute<{ today: string }>(sql`SELECT (now() AT TIME ZONE 'UTC')::date::text AS today`);
  const end = to ?? addDays(rows[0]!.today, 1);
  const start = from ?? addDays(end, -DEFAULT_DAYS);
  if (start < end) return { from: start, to: end };
  return failField('from', '`from` must not be after today, unless `to` is given too.');
}

/**
 * Returns whose sums the actor may read: one member's, the whole team's (null), or none (undefined: another member's).
 */
export function memberScopeOf(
  ctx: Context,
  { memberId }: { memberId?: string | undefined },
): string | null | undefined {
  const own = ownMemberScope(ctx.actor, 'reports.see');
  if (memberId === undefined) return own;
  return own === null || own === memberId ? memberId : undefined;
}

type Sums = { messages: string; segments: string; delivered: string; failed: string; cost: string };

async function groups(
  ctx: Context,
  range: Range,
  groupBy: UsageInput['groupBy'],
  onlyMemberId: string | null,
): Promise<UsageRow[]> {
  const table = onlyMemberId === null && groupBy !== 'member' ? usageTeamDaily : usageDaily;
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
        onlyMemberId === null ? undefined : eq(usageDaily.memberId, onlyMemberId),
        gte(table.day, range.from),
        lt(table.day, range.to),
      ),
    )
    .groupBy(key)
    .orderBy(asc(key));
  const name = groupBy === 'member' ? 'memberId' : groupBy;
  return rows.map((row) => ({ [name]: row.key, ...figuresOf(row) }));
}

const figuresOf = ({ messages, segments, delivered, failed, cost }: Sums): Usage['total'] => ({
  messages: Number(messages),
  segments: Number(segments),
  delivered: Number(delivered),
  failed: Number(failed),
  cost: BigInt(cost),
});

const plus = (a: Usage['total'], b: Usage['total']): Usage['total'] => ({
  messages: a.messages + b.messages,
  segments: a.segments + b.segments,
  delivered: a.delivered + b.delivered,
  failed: a.failed + b.failed,
  cost: a.cost + b.cost,
});

const totalOf = (rows: UsageRow[]): Usage['total'] => rows.reduce(plus, NOTHING);

/**
 * Returns the statistics of a range of UTC days by member, day or country, each figure beside that of the same number
 * of days before. Reads the daily sums; the database sorts and cuts a page of members, and days without messages are
 * included. A member sees only itself.
 * @throws DomainError `invalid_request` for a range that is too long
 */
export async function browseUsage(ctx: Context, { page, pageSize, ...input }: BrowseUsage): Promise<UsagePage> {
  const asked = await askedOf(ctx, input);
  const { groupBy, range } = asked;
  const piece = groupBy === 'day' ? WHOLE : { limit: pageSize, offset: (page - 1) * pageSize };
  const { data, ...rest } = await findGroups(ctx, asked, piece, splitRange(range));
  const rows = groupBy === 'day' ? data.map((row) => ({ ...row, spark: null })) : data;
  return { groupBy, range, rangeBefore: rangeBefore(range), ...rest, data: rows };
}

/** Yields all groups of the statistics, in the order of the page. */
export async function* exportUsage(ctx: Context, input: ExportUsage): AsyncGenerator<UsageGroup[]> {
  const asked = await askedOf(ctx, input);
  yield (await findGroups(ctx, asked, WHOLE, { count: 1, days: daysIn(asked.range) })).data;
}

type Piece = { limit: number | null; offset: number };
const WHOLE: Piece = { limit: null, offset: 0 };

/** The parsed request; `memberIds`: members whose sums are read, null for the whole team. */
type Asked = Pick<ExportUsage, 'groupBy' | 'country' | 'sort' | 'direction'> & {
  range: Range;
  memberIds: string[] | null;
};

async function askedOf(ctx: Context, { from, to, memberId, ...rest }: ExportUsage): Promise<Asked> {
  const own = ownMemberScope(ctx.actor, 'reports.see');
  const range = await daysOf(ctx, { from, to });
  if (daysIn(range) > RANGE_MAX_DAYS) failField('from', `The range must have at most ${RANGE_MAX_DAYS} days.`);
  const memberIds = own === null ? (memberId ?? null) : (memberId ?? [own]).filter((id) => id === own);
  return { ...rest, range, memberIds };
}

type Group = UsageGroup & { spark: Spark };
type Groups = { data: Group[]; groups: number; total: Pick<UsageGroup, 'now' | 'before'> };

/** Sorts the few days and countries here; reads all figures only for the members of the page. */
async function findGroups(ctx: Context, asked: Asked, piece: Piece, parts: Parts): Promise<Groups> {
  if (asked.groupBy === 'member') return findMembers(ctx, asked, piece, parts);
  const sums = await sumsBy(ctx, asked, parts);
  const keys = asked.groupBy === 'day' ? everyDay(asked.range) : [...sums.keys()];
  const all = keys.map((key): Group => ({ key, member: null, ...(sums.get(key) ?? nothing(parts)) }));
  const end = piece.limit === null ? undefined : piece.offset + piece.limit;
  const data = all.toSorted(orderOf(asked)).slice(piece.offset, end);
  return { data, groups: all.length, total: comparedTotal(all) };
}

function orderOf({ sort, direction }: Asked): (a: Group, b: Group) => number {
  const way = direction === 'asc' ? 1 : -1;
  const sizeOf = (group: Group) => (sort === 'name' ? group.key : group.now[sort]);
  return (a, b) => {
    const [one, other] = sizeOf(a) === sizeOf(b) ? [a.key, b.key] : [sizeOf(a), sizeOf(b)];
    return one < other ? -way : way;
  };
}

type Found = { groups: string; page: { id: string; name: string; status: 'active' | 'inactive' | 'deleted' }[] };

async function findMembers(ctx: Context, asked: Asked, { limit, offset }: Piece, parts: Parts): Promise<Groups> {
  const { range, sort, direction } = asked;
  const { teamId } = ctx.actor;
  const way = direction === 'asc' ? sql`ASC` : sql`DESC`;
  const order = sort === 'name' ? sql`lower(name COLLATE natural_order)` : sql`coalesce(size, 0)`;
  const size = sql.raw(`sum(u.${sort === 'name' ? 'messages' : sort})`);
  const { rows } = await ctx.db.execute<Found>(sql`
    WITH sent AS (SELECT u.member_id, ${size} AS size FROM ${sumsIn(ctx, asked, range)} GROUP BY 1),
    found AS (
      SELECT m.id, m.name, m.status, s.size FROM members m LEFT JOIN sent s ON s.member_id = m.id
      WHERE m.team_id = ${teamId}::uuid AND (s.member_id IS NOT NULL
        OR (SELECT true FROM ${sumsIn(ctx, asked, rangeBefore(range))} AND u.member_id = m.id LIMIT 1))
    )
    SELECT (SELECT count(*) FROM found) AS groups, ARRAY(SELECT json_build_object('id', id, 'name', name, 'status', status)
      FROM found ORDER BY ${order} ${way}, id LIMIT ${limit}::int OFFSET ${offset}::int) AS page`);
  const { groups, page } = rows[0]!;
  const sums = await sumsBy(ctx, { ...asked, memberIds: page.map(({ id }) => id) }, parts);
  const data = page.map((member): Group => {
    return { key: printId('mem', member.id), member, ...(sums.get(member.id) ?? nothing(parts)) };
  });
  const total = comparedTotal((await sumsBy(ctx, { ...asked, groupBy: 'day' }, parts)).values());
  return { data, groups: Number(groups), total };
}

/** Selects the daily sums of a range. Uses the team's own sums, which are fewer, unless members are requested. */
function sumsIn(ctx: Context, { groupBy, memberIds, country }: Asked, { from, to }: Range): SQL {
  const table = memberIds === null && groupBy !== 'member' ? usageTeamDaily : usageDaily;
  return sql`${table} u WHERE u.team_id = ${ctx.actor.teamId}::uuid AND u.day >= ${from}::date AND u.day < ${to}::date
    ${memberIds === null ? sql`` : sql`AND u.member_id = ANY (${`{${memberIds.join()}}`}::uuid[])`}
    ${country === undefined ? sql`` : sql`AND u.country = ${country}`}`;
}

const FIGURES = ['messages', 'segments', 'delivered', 'failed', 'cost'] as const;
const SUMS = sql.raw(FIGURES.map((figure) => `sum(u.${figure}) AS ${figure}`).join(', '));

type Parts = ReturnType<typeof splitRange>;
type Spark = { messages: number[]; cost: bigint[] };
type Compared = { now: UsageGroup['now']; before: UsageGroup['now']; spark: Spark };

/** Returns the sums of each group: for the period before, for each part of the range, and for the whole range. */
async function sumsBy(ctx: Context, asked: Asked, parts: Parts): Promise<Map<string, Compared>> {
  const { groupBy, range } = asked;
  const before = rangeBefore(range);
  const isNow = sql`u.day >= ${range.from}::date`;
  const key = {
    member: sql`u.member_id`,
    country: sql`u.country`,
    // A day of the period before is mapped to the day at the same position in the range.
    day: sql`CASE WHEN ${isNow} THEN u.day ELSE u.day + ${daysIn(range)}::int END`,
  }[groupBy];
  const part = sql`CASE WHEN ${isNow} THEN ${parts.count - 1}::int - (${range.to}::date - 1 - u.day) / ${parts.days}::int END`;
  const { rows } = await ctx.db.execute<Sums & { key: string; part: number | null }>(sql`
    SELECT key::text, part, ${sql.raw(FIGURES.join(', '))} FROM (
      SELECT ${key} AS key, ${part} AS part, ${SUMS} FROM ${sumsIn(ctx, asked, { from: before.from, to: range.to })} GROUP BY 1, 2
    ) grouped`);
  const found = new Map<string, Compared>();
  for (const row of rows) {
    const sums = found.get(row.key) ?? nothing(parts);
    found.set(row.key, sums);
    const figures = figuresOf(row);
    if (row.part === null) sums.before = figures;
    else {
      sums.now = plus(sums.now, figures);
      sums.spark.messages[row.part] = figures.messages;
      sums.spark.cost[row.part] = figures.cost;
    }
  }
  return found;
}

const NOTHING = { messages: 0, segments: 0, delivered: 0, failed: 0, cost: 0n };

const nothing = ({ count }: Parts): Compared => ({
  now: NOTHING,
  before: NOTHING,
  spark: { messages: Array.from({ length: count }, () => 0), cost: Array.from({ length: count }, () => 0n) },
});

const everyDay = (range: Range): string[] => Array.from({ length: daysIn(range) }, (_, i) => addDays(range.from, i));

function comparedTotal(groups: Iterable<Omit<Compared, 'spark'>>): Groups['total'] {
  let total = { now: NOTHING, before: NOTHING };
  for (const { now, before } of groups) total = { now: plus(total.now, now), before: plus(total.before, before) };
  return total;
}

/** The result of the check. `daysNotRecounted`: days with sums whose messages retention has dropped. */
export type ReportsProof = {
  ok: boolean;
  messages: number;
  sums: number;
  daysNotRecounted: number;
  problems: string[];
};

const PROBLEMS_SHOWN = 20;

/**
 * Checks the daily sums of the whole database against a recount of the log, as far back as it is kept, and the teams'
 * sums against the members'. Returns the first that differ. Reads one snapshot and changes nothing.
 */
export async function verifyReports(db: Db): Promise<ReportsProof> {
  return readSnapshot(db, async (all) => {
    // Dropping a partition is visible to every snapshot, so the lock makes retention wait before the snapshot is taken.
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

/** The first UTC day whose messages are all kept: the one after the last month that retention has dropped. */
export const KEPT_FROM = sql`(SELECT coalesce((max(month) + interval '1 month')::date, '-infinity') FROM messages_dropped)`;

/** Messages, segments, delivered, failed and cost in micros, as one array. */
const RECOUNT = sql`array[count(*), sum(segments), count(*) FILTER (WHERE status = 'delivered'),
  count(*) FILTER (WHERE status = 'failed'), sum(cost)]::numeric[] AS sums`;
const KEPT = sql`array[sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost)]::numeric[] AS sums`;
