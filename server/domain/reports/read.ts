import { and, asc, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { usageDaily, usageTeamDaily } from '@/db/schema/messages';
import { snapshot, type Ctx } from '../ctx';
import { fail } from '../errors';
import { parseId, printId } from '../ids';
import { heldTo } from '../policy';
import { addDays, daysIn, partsOf, RANGE_MAX_DAYS, rangeBefore, type Range } from './rules';
import type { BrowseUsage, ExportUsage, Usage, UsageGroup, UsageInput, UsagePage, UsageRow } from './schema';

const DEFAULT_DAYS = 30;

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

async function daysOf(ctx: Ctx, { from, to }: { from?: string | undefined; to?: string | undefined }): Promise<Range> {
  if (from !== undefined && to !== undefined) return { from, to };
  const { rows } = await ctx.db.execute<{ today: string }>(sql`SELECT (now() AT TIME ZONE 'UTC')::date::text AS today`);
  const end = to ?? addDays(rows[0]!.today, 1);
  const start = from ?? addDays(end, -DEFAULT_DAYS);
  if (start < end) return { from: start, to: end };
  return failFrom('Must not be after today, unless `to` is given too.');
}

const failFrom = (detail: string): never =>
  fail('invalid_request', {
    detail: `from: ${detail}`,
    errors: [{ pointer: 'from', code: 'invalid_request', detail }],
  });

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

/**
 * The statistics of a range of UTC days by member, day or country, each figure beside that of as many days directly
 * before: from the daily sums, sorted and cut by the database. Of days each one is there, with nothing too. A member
 * sees itself alone.
 * @throws DomainError `invalid_request` for a range that is too long
 */
export async function browseUsage(ctx: Ctx, { page, pageSize, ...input }: BrowseUsage): Promise<UsagePage> {
  const asked = await askedOf(ctx, input);
  const isOfDays = input.groupBy === 'day';
  const piece = isOfDays ? WHOLE : { limit: pageSize, offset: (page - 1) * pageSize };
  const { data, ...rest } = await findGroups(ctx, asked, piece);
  const sparks = isOfDays ? null : await sparksOf(ctx, asked, data);
  const { groupBy, range } = asked;
  const rows = data.map((row, i) => ({ ...row, spark: sparks?.[i] ?? null }));
  return { groupBy, range, rangeBefore: rangeBefore(range), ...rest, data: rows };
}

/** All groups of the statistics, in the order of the page. */
export async function* exportUsage(ctx: Ctx, input: ExportUsage): AsyncGenerator<UsageGroup[]> {
  yield (await findGroups(ctx, await askedOf(ctx, input), WHOLE)).data;
}

type Piece = { limit: number | null; offset: number };
const WHOLE: Piece = { limit: null, offset: 0 };

/** What is asked for; `seats`: whose sums, null for the whole team's. */
type Asked = Pick<ExportUsage, 'groupBy' | 'country' | 'sort' | 'direction'> & { range: Range; seats: string[] | null };

async function askedOf(ctx: Ctx, { from, to, memberId, ...rest }: ExportUsage): Promise<Asked> {
  const own = heldTo(ctx.actor, 'reports.see');
  const range = await daysOf(ctx, { from, to });
  if (daysIn(range) > RANGE_MAX_DAYS) failFrom(`A range has at most ${RANGE_MAX_DAYS} days.`);
  const wanted = memberId?.flatMap((id) => parseId('mem', id) ?? []);
  const seats = own === null ? (wanted ?? null) : (wanted ?? [own]).filter((id) => id === own);
  return { ...rest, range, seats };
}

const FIGURES = ['messages', 'segments', 'delivered', 'failed', 'cost'] as const;

/** The same of every figure, as a list of SQL. */
const each = (of: (figure: string) => string): SQL => sql.raw(FIGURES.map(of).join(', '));

/** The rows of daily sums from one day to another. The team's own serve unless members are asked about: they are fewer. */
function sumsIn(ctx: Ctx, { groupBy, seats, country }: Asked, from: string, to: string): SQL {
  const table = seats === null && groupBy !== 'member' ? usageTeamDaily : usageDaily;
  return sql`${table} u WHERE u.team_id = ${ctx.actor.teamId}::uuid AND u.day >= ${from}::date AND u.day < ${to}::date
    ${seats === null ? sql`` : sql`AND u.member_id = ANY (${`{${seats.join()}}`}::uuid[])`}
    ${country === undefined ? sql`` : sql`AND u.country = ${country}`}`;
}

type Counted = { now: string[]; before: string[] };
type Found = {
  total: Counted & { groups: string };
  rows: (Counted & { key: string; name: string | null; status: 'active' | 'inactive' | 'deleted' | null })[] | null;
};

/** Groups in their order, how many there are, and the sums of all; the days of the range and those before in one reading. */
async function findGroups(ctx: Ctx, asked: Asked, { limit, offset }: Piece) {
  const { groupBy, range, sort, direction } = asked;
  const ofMembers = groupBy === 'member';
  const isNow = sql`u.day >= ${range.from}::date`;
  const key = {
    member: sql`u.member_id`,
    country: sql`u.country`,
    // A day of those before stands beside the day as far into the range.
    day: sql`CASE WHEN ${isNow} THEN u.day ELSE u.day + ${daysIn(range)}::int END`,
  }[groupBy];
  const everyDay = sql`UNION ALL SELECT day::date, true, 0, 0, 0, 0, 0
    FROM generate_series(${range.from}::date, ${range.to}::date - 1, interval '1 day') AS day`;
  const seat = sql`LEFT JOIN members m ON m.team_id = ${ctx.actor.teamId}::uuid AND m.id = g.key`;
  const name = ofMembers ? sql`lower(m.name COLLATE natural_order)` : sql`g.key`;
  const order = sort === 'name' ? name : sql.raw(`g.${sort}`);
  const now = each((figure) => `coalesce(sum(${figure}), 0)`);
  const before = each((figure) => `coalesce(sum(${figure}_before), 0)`);
  const { rows } = await ctx.db.execute<Found>(sql`
    WITH sums AS (
      SELECT ${key} AS key, ${isNow} AS is_now, ${each((figure) => `sum(u.${figure}) AS ${figure}`)}
      FROM ${sumsIn(ctx, asked, rangeBefore(range).from, range.to)} GROUP BY 1, 2
      ${groupBy === 'day' ? everyDay : sql``}
    ), groups AS (
      SELECT key, ${each((figure) => `coalesce(sum(${figure}) FILTER (WHERE is_now), 0) AS ${figure}`)},
        ${each((figure) => `coalesce(sum(${figure}) FILTER (WHERE NOT is_now), 0) AS ${figure}_before`)}
      FROM sums GROUP BY key
    ), page AS (
      SELECT g.*, ${ofMembers ? sql`m.name, m.status` : sql`NULL AS name, NULL AS status`},
        row_number() OVER (ORDER BY ${order} ${direction === 'asc' ? sql`ASC` : sql`DESC`}, ${name}, g.key) AS place
      FROM groups g ${ofMembers ? seat : sql``} ORDER BY place LIMIT ${limit}::int OFFSET ${offset}::int
    )
    SELECT (SELECT json_build_object('groups', count(*), 'now', ARRAY[${now}]::text[], 'before', ARRAY[${before}]::text[])
        FROM groups) AS total,
      (SELECT json_agg(json_build_object('key', key::text, 'name', name, 'status', status,
        'now', ARRAY[${each((figure) => figure)}]::text[], 'before', ARRAY[${each((figure) => `${figure}_before`)}]::text[])
        ORDER BY place) FROM page) AS rows`);
  const { total, rows: found } = rows[0]!;
  const data = (found ?? []).map(({ key, name, status, ...counted }): UsageGroup => {
    const member = ofMembers ? { id: key, name: name!, status: status! } : null;
    return { key: member ? printId('mem', key) : key, member, ...comparedOf(counted) };
  });
  return { data, total: comparedOf(total), groups: Number(total.groups) };
}

const comparedOf = ({ now, before }: Counted): Pick<UsageGroup, 'now' | 'before'> => ({
  now: figuresOf(now),
  before: figuresOf(before),
});

function figuresOf(texts: string[]): UsageGroup['now'] {
  const [messages, segments, delivered, failed, cost] = texts;
  return {
    messages: Number(messages),
    segments: Number(segments),
    delivered: Number(delivered),
    failed: Number(failed),
    cost: BigInt(cost!),
  };
}

type Spark = NonNullable<UsagePage['data'][number]['spark']>;

/** How each of some members or countries went over the range, in its parts. */
async function sparksOf(ctx: Ctx, asked: Asked, groups: UsageGroup[]): Promise<Spark[]> {
  const { groupBy, range } = asked;
  const { count, days } = partsOf(range);
  const ofMembers = groupBy === 'member';
  const keys = groups.map(({ key, member }) => member?.id ?? key);
  const key = ofMembers ? sql`u.member_id` : sql`u.country`;
  const wanted = sql`ANY (string_to_array(${keys.join()}, ',')${ofMembers ? sql`::uuid[]` : sql``})`;
  const { rows } = await ctx.db.execute<{ key: string; part: number; messages: string; cost: string }>(sql`
    SELECT ${key}::text AS key, ${count - 1}::int - (${range.to}::date - 1 - u.day) / ${days}::int AS part,
      sum(u.messages) AS messages, sum(u.cost) AS cost
    FROM ${sumsIn(ctx, asked, range.from, range.to)} AND ${key} = ${wanted} GROUP BY 1, 2`);
  const sparks = new Map(keys.map((one): [string, Spark] => [one, emptySpark(count)]));
  for (const { key: one, part, messages, cost } of rows) {
    const spark = sparks.get(one)!;
    spark.messages[part] = Number(messages);
    spark.cost[part] = BigInt(cost);
  }
  return [...sparks.values()];
}

const emptySpark = (count: number): Spark => ({
  messages: Array.from({ length: count }, () => 0),
  cost: Array.from({ length: count }, () => 0n),
});

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
