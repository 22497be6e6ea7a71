import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import { builtOnce, describeQuery, UNNAMED } from '@/db/client';
import { members } from '@/db/schema/members';
import { messages } from '@/db/schema/messages';
import type { Context } from '@/server/domain/core/context';
import { nextUuid } from '@/server/domain/core/ids';
import { listMovementsOf } from '@/server/domain/billing/ledger/read';
import { exportMessages, findMessages, getMessage, matching, valuesOf, firstKeptDay } from '../messages/read';
import { ownMemberScope } from '@/server/domain/core/policy';
import type {
  BrowseMessages,
  LogFilters,
  LogPage,
  NamedMessage,
  WholeMessage,
  ExportSize,
  Facets,
  PickSenders,
  Senders,
} from './schema';
import { browseMembers } from '@/server/domain/teams/members/read';
import { MEMBER_STATUSES } from '@/server/domain/teams/members/rules';
import {
  COUNTED_DAYS_MAX,
  wholeDaysOf,
  listDays,
  HISTOGRAM_DAYS_MAX,
  knownToSums,
  NOT_ENDED,
  UNDER_WAY_MAX,
  type Days,
} from './rules';
import { NEWER_MAX, type MessageStatus } from '../messages/rules';
import { readWithin } from '@/server/domain/core/transaction';
import { printCursor, readCursor, type CursorBinding } from '@/server/domain/core/cursors';

/**
 * Returns a page of the log, newest first, with cursors for older and newer pages; a member sees only its own messages.
 * @throws DomainError `invalid_cursor`
 */
export async function browseMessages(ctx: Context, input: BrowseMessages): Promise<LogPage> {
  const { limit, cursor, way, ...filters } = input;
  // The default range moves every day, so the cursor is not bound to it: a saved or copied cursor stays valid.
  const { from: _from, to: _to, ...lasting } = filters;
  const said = JSON.stringify(lasting, Object.keys(lasting).toSorted());
  const binding: CursorBinding = [ctx.actor.teamId, 'log', ownMemberScope(ctx.actor, 'messages.see'), said];
  const at = readCursor(binding, cursor);
  const goesUp = way === 'newer' && at !== null;
  const rows = await findMessages(ctx, filters, goesUp ? { since: at, limit } : { after: at, limit: limit + 1 });
  const data = await withNames(ctx, rows.slice(0, limit));
  const [first, last] = [data[0], data.at(-1)];
  const hasOlder = goesUp || rows.length > limit;
  const top = first ? nextUuid(first.id) : at;
  return {
    data,
    older: hasOlder && last ? printCursor(binding, last.id) : null,
    top: top && printCursor(binding, top),
    newer: at === null || top === null ? null : await countNewer(ctx, filters, top),
  };
}

type Named<M> = M & { member: { id: string; name: string } };

async function withNames<M extends { memberId: string }>(ctx: Context, rows: M[]): Promise<Named<M>[]> {
  if (rows.length === 0) return [];
  const { id, name, teamId } = members;
  const found = await ctx.db
    .select({ id, name })
    .from(members)
    .where(and(eq(teamId, ctx.actor.teamId), inArray(id, [...new Set(rows.map((row) => row.memberId))])));
  const names = new Map(found.map((member) => [member.id, member.name]));
  return rows.map((row) => Object.assign(row, { member: { id: row.memberId, name: names.get(row.memberId) ?? '' } }));
}

async function countNewer(ctx: Context, filters: LogFilters, since: string): Promise<number> {
  const filter = valuesOf(ctx, filters);
  const wanted = { ...filter, since };
  const [row] = await someMessages(ctx.db, describeQuery(wanted)).execute({ ...wanted, limit: NEWER_MAX });
  return Number(row?.count ?? 0);
}

const someMessages = builtOnce((db, has) => {
  const some = db
    .select({ id: messages.id })
    .from(messages)
    .where(matching(has))
    .limit(sql.placeholder('limit'))
    .as('some');
  return db
    .select({ count: sql<string>`count(*)` })
    .from(some)
    .prepare(UNNAMED);
});

/** Yields all messages under a filter with their members, newest first, in batches. */
export async function* exportLog(ctx: Context, filters: LogFilters): AsyncGenerator<NamedMessage[]> {
  for await (const rows of exportMessages(ctx, filters)) yield withNames(ctx, rows);
}

/**
 * Returns one message with its history, its member and the transfers it caused.
 * @throws DomainError `not_found`, also for a message that the actor may not see
 */
export async function inspectMessage(ctx: Context, messageId: string): Promise<WholeMessage> {
  const [message] = await withNames(ctx, [await getMessage(ctx, messageId)]);
  return { message: message!, transfers: await listMovementsOf(ctx, messageId) };
}

type Filter = ReturnType<typeof valuesOf>;

/** The counts under a filter; each facet ignores its own part of the filter. */
type Counted = Pick<Facets, 'total' | 'countries' | 'statuses'> & {
  byDay: Map<string, { messages: number; failed: number }>;
};

const NOTHING: Counted = { total: 0, countries: [], statuses: [], byDay: new Map() };

/** The timeout of a count in the log, in milliseconds, after which it is left out. */
const COUNT_MS = 3_000;

/**
 * Counts the messages under a filter by day, status and country: from the daily sums where they cover the filter, so
 * that the cost does not grow with the messages; otherwise in the log, for up to a month; otherwise not at all.
 */
export async function browseFacets(ctx: Context, filters: LogFilters): Promise<Facets> {
  const filter = valuesOf(ctx, filters);
  const days = await keptDays(ctx, filters);
  const [source, counted] = await countBy(ctx, filter, filters, days);
  const shown = counted && days.count <= HISTOGRAM_DAYS_MAX;
  return {
    from: days.from,
    to: days.to,
    source,
    total: counted?.total ?? null,
    days: shown
      ? listDays(days).map((day) => ({ day, ...(counted.byDay.get(day) ?? { messages: 0, failed: 0 }) }))
      : null,
    statuses: counted?.statuses ?? [],
    countries: counted?.countries ?? (await countriesAlone(ctx, filter, days)),
  };
}

async function countBy(
  ctx: Context,
  filter: Filter,
  filters: LogFilters,
  days: Days,
): Promise<[Facets['source'], Counted | null]> {
  if (days.whole && knownToSums(filters)) return ['sums', await countInSums(ctx, filter, days)];
  const counted = days.count > COUNTED_DAYS_MAX ? null : await countInLog(ctx, filter);
  return [counted ? 'log' : 'none', counted];
}

/** Returns the days of a range that the log still holds, by the database's clock. */
async function keptDays(ctx: Context, filters: LogFilters): Promise<Days> {
  const oldest = await firstKeptDay(ctx);
  const { rows } = await ctx.db.execute<{ now: string }>(sql`SELECT now()::text AS now`);
  const now = new Date(rows[0]!.now);
  return wholeDaysOf(filters, oldest ?? now.toISOString().slice(0, 10), now);
}

/** Returns the sums that a filter and a range select: the members' sums, or the team's own where no member is given. */
function sumsOf(filter: Filter, days: Days, of: 'members' | 'either' = 'either'): SQL {
  const { teamId, own, member, members } = filter;
  const among = [...(own ? [[own]] : []), ...(member ? [[member]] : []), ...(members ? [members] : [])];
  const table = of === 'members' || among.length > 0 ? sql`usage_daily` : sql`usage_team_daily`;
  const where = [
    sql`team_id = ${teamId}::uuid AND day >= ${days.from} AND day < ${days.to}`,
    ...among.map((ids) => sql`member_id = ANY (${`{${ids.join()}}`}::uuid[])`),
  ];
  return sql`${table} WHERE ${sql.join(where, sql` AND `)}`;
}

const measured = (status: MessageStatus | undefined): SQL =>
  status === 'delivered' ? sql`delivered` : status === 'failed' ? sql`failed` : sql`messages`;

type Sum = { kind: 'day' | 'country' | 'all'; key: string | null; messages: string; delivered: string; failed: string };

async function countInSums(ctx: Context, filter: Filter, days: Days): Promise<Counted> {
  const { status, country } = filter;
  const ofCountry = country ? sql`country = ${country}` : sql`true`;
  const { rows } = await ctx.db.execute<Sum>(sql`
    WITH sums AS MATERIALIZED (SELECT day, country, sum(messages) AS messages, sum(delivered) AS delivered, sum(failed) AS failed
      FROM ${sumsOf(filter, days)} GROUP BY 1, 2)
    SELECT 'day' AS kind, day::text AS key, sum(${measured(status)}) AS messages, 0 AS delivered,
      ${status === 'delivered' ? sql`0` : sql`sum(failed)`} AS failed FROM sums WHERE ${ofCountry} GROUP BY day
    UNION ALL SELECT 'country', country, sum(${measured(status)}), 0, 0 FROM sums GROUP BY country HAVING sum(${measured(status)}) > 0
    UNION ALL SELECT 'all', NULL, sum(messages), sum(delivered), sum(failed) FROM sums WHERE ${ofCountry}`);
  const of = (kind: Sum['kind']) => rows.filter((row) => row.kind === kind);
  const byDay = new Map(
    of('day').map(({ key, messages, failed }) => [key!, { messages: Number(messages), failed: Number(failed) }]),
  );
  const all = of('all')[0]!;
  const ended = [
    { status: 'delivered' as const, messages: Number(all.delivered), more: false },
    { status: 'failed' as const, messages: Number(all.failed), more: false },
  ].filter(({ messages }) => messages > 0);
  return {
    total: [...byDay.values()].reduce((sum, { messages }) => sum + messages, 0),
    byDay,
    countries: inOrder(of('country').map(({ key, messages }) => ({ country: key!, messages: Number(messages) }))),
    statuses: [...(await underWay(ctx, filter)), ...ended],
  };
}

const inOrder = <C extends { messages: number; country: string }>(countries: C[]): C[] =>
  countries.toSorted((a, b) => b.messages - a.messages || (a.country < b.country ? -1 : 1));

/** Counts the few messages under way one by one through an index, up to a limit. */
async function underWay(ctx: Context, { status: _status, ...filter }: Filter): Promise<Facets['statuses']> {
  const wanted = { ...filter, statuses: `{${NOT_ENDED.join()}}` };
  const rows = await someByStatus(ctx.db, describeQuery(wanted)).execute({ ...wanted, limit: UNDER_WAY_MAX });
  const all = rows.reduce((sum, { count }) => sum + Number(count), 0);
  return rows.map(({ status, count }) => ({ status, messages: Number(count), more: all === UNDER_WAY_MAX }));
}

const someByStatus = builtOnce((db, has) => {
  const { status, id } = messages;
  const some = db.select({ status, id }).from(messages).where(matching(has)).limit(sql.placeholder('limit')).as('some');
  return db
    .select({ status: some.status, count: sql<string>`count(*)` })
    .from(some)
    .groupBy(some.status)
    .orderBy(some.status)
    .prepare(UNNAMED);
});

/** Counts messages in the log where the daily sums do not cover the filter; null when that takes too long. */
async function countInLog(ctx: Context, filter: Filter): Promise<Counted | null> {
  const { status, country, ...wanted } = filter;
  const groups = await readWithin(ctx.db, COUNT_MS, (db) => messageGroups(db, describeQuery(wanted)).execute(wanted));
  if (!groups) return null;
  const counted: Counted = { ...NOTHING, byDay: new Map() };
  const statuses = new Map<MessageStatus, number>();
  const countries = new Map<string, number>();
  let total = 0;
  for (const group of groups) {
    const messages = Number(group.count);
    const [fitsStatus, fitsCountry] = [
      status === undefined || group.status === status,
      country === undefined || group.country === country,
    ];
    if (fitsCountry) statuses.set(group.status, (statuses.get(group.status) ?? 0) + messages);
    if (fitsStatus) countries.set(group.country, (countries.get(group.country) ?? 0) + messages);
    if (!fitsStatus || !fitsCountry) continue;
    const day = counted.byDay.get(group.day) ?? { messages: 0, failed: 0 };
    const failed = day.failed + (group.status === 'failed' ? messages : 0);
    counted.byDay.set(group.day, { messages: day.messages + messages, failed });
    total += messages;
  }
  return {
    ...counted,
    total,
    statuses: [...statuses].map(([name, messages]) => ({ status: name, messages, more: false })),
    countries: inOrder([...countries].map(([name, messages]) => ({ country: name, messages }))),
  };
}

const messageGroups = builtOnce((db, has) => {
  const day = sql<string>`(${messages.createdAt} AT TIME ZONE 'UTC')::date::text`;
  const { status, country } = messages;
  return db
    .select({ day, status, country, count: sql<string>`count(*)` })
    .from(messages)
    .where(matching(has))
    .groupBy(sql`1`, sql`2`, sql`3`)
    .prepare(UNNAMED);
});

/** Returns the countries to choose from, where nothing is counted. */
async function countriesAlone(ctx: Context, filter: Filter, days: Days): Promise<Facets['countries']> {
  const { rows } = await ctx.db.execute<{ country: string }>(
    sql`SELECT DISTINCT country FROM ${sumsOf(filter, days)} ORDER BY 1`,
  );
  return rows.map(({ country }) => ({ country, messages: null }));
}

const SENDERS_MAX = 20;

/**
 * Returns members to filter the log by: those matching a name, otherwise the top senders. Each has its number of
 * messages under the rest of the filter, where the daily sums cover it.
 */
export async function pickSenders(ctx: Context, { query, ...rest }: PickSenders): Promise<Senders> {
  const days = await keptDays(ctx, rest);
  const counts = days.whole && knownToSums(rest);
  const found = query ? await calledSo(ctx, query) : null;
  const filter = { ...valuesOf(ctx, rest), ...(found && { members: found.map(({ id }) => id) }) };
  const ofCountry = filter.country ? sql`AND country = ${filter.country}` : sql``;
  const { rows } = await ctx.db.execute<{ id: string; name: string; messages: string }>(sql`
    SELECT s.id, m.name, s.messages FROM (SELECT member_id AS id, sum(${measured(filter.status)}) AS messages
      FROM ${sumsOf(filter, days, 'members')} ${ofCountry} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${SENDERS_MAX}) s
    JOIN members m ON m.team_id = ${ctx.actor.teamId}::uuid AND m.id = s.id ORDER BY s.messages DESC, s.id`);
  const sent = rows.map((row) => ({ ...row, messages: counts ? Number(row.messages) : null }));
  if (!found) return { data: sent };
  const byId = new Map(sent.map((row) => [row.id, row]));
  return { data: found.map((one) => byId.get(one.id) ?? { ...one, messages: counts ? 0 : null }) };
}

/** Returns members by a part of their name, including deleted ones, whose messages are kept. */
async function calledSo(ctx: Context, query: string): Promise<{ id: string; name: string }[]> {
  const found = await browseMembers(ctx, {
    query,
    status: [...MEMBER_STATUSES],
    page: 1,
    pageSize: SENDERS_MAX,
    sort: 'name',
    direction: 'asc',
  });
  return found.data.map(({ id, name }) => ({ id, name }));
}

/** The timeout of counting the rows of a file, in milliseconds. */
const SIZE_MS = 20_000;

/**
 * Returns the number of rows that the file of a filter has: from the daily sums if they cover it, otherwise by
 * counting.
 */
export async function previewExport(ctx: Context, filters: LogFilters): Promise<ExportSize> {
  const filter = valuesOf(ctx, filters);
  const days = await keptDays(ctx, filters);
  if (days.whole && knownToSums(filters)) return { rows: (await countInSums(ctx, filter, days)).total };
  const counted = await readWithin(ctx.db, SIZE_MS, (db) => messageCount(db, describeQuery(filter)).execute(filter));
  return { rows: counted && Number(counted[0]!.count) };
}

const messageCount = builtOnce((db, has) =>
  db
    .select({ count: sql<string>`count(*)` })
    .from(messages)
    .where(matching(has))
    .prepare(UNNAMED),
);
