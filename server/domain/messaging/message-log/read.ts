import { and, eq, inArray, sql } from 'drizzle-orm';
import { builtOnce, shapeOf, UNNAMED } from '@/db/client';
import { members } from '@/db/schema/members';
import { messages } from '@/db/schema/messages';
import type { Ctx } from '@/server/domain/core/context';
import { printCursor, readCursor, type CursorBinding } from '@/server/domain/core/cursors';
import { nextUuid } from '@/server/domain/core/ids';
import { listMovementsOf } from '@/server/domain/billing/ledger/read';
import { exportMessages, findMessages, getMessage, matching, valuesOf } from '../messages/read';
import { heldTo } from '@/server/domain/core/policy';
import { NEWER_MAX } from '../texts/rules';
import type { BrowseMessages, LogFilters, LogPage, NamedMessage, WholeMessage } from './schema';

/**
 * A page of the log, newest first, and the ways on from it, older and newer; for a member of its own messages alone.
 * @throws DomainError `invalid_cursor`
 */
export async function browseMessages(ctx: Ctx, input: BrowseMessages): Promise<LogPage> {
  const { limit, cursor, way, ...filters } = input;
  // The last 30 days are others tomorrow: a place that was paused at or copied still is one then.
  const { from: _from, to: _to, ...lasting } = filters;
  const said = JSON.stringify(lasting, Object.keys(lasting).toSorted());
  const binding: CursorBinding = [ctx.actor.teamId, 'log', heldTo(ctx.actor, 'messages.see'), said];
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

async function withNames<M extends { memberId: string }>(ctx: Ctx, rows: M[]): Promise<Named<M>[]> {
  if (rows.length === 0) return [];
  const { id, name, teamId } = members;
  const found = await ctx.db
    .select({ id, name })
    .from(members)
    .where(and(eq(teamId, ctx.actor.teamId), inArray(id, [...new Set(rows.map((row) => row.memberId))])));
  const names = new Map(found.map((member) => [member.id, member.name]));
  return rows.map((row) => Object.assign(row, { member: { id: row.memberId, name: names.get(row.memberId) ?? '' } }));
}

async function countNewer(ctx: Ctx, filters: LogFilters, since: string): Promise<number> {
  const filter = valuesOf(ctx, filters);
  const wanted = { ...filter, since };
  const [row] = await someMessages(ctx.db, shapeOf(wanted)).execute({ ...wanted, limit: NEWER_MAX });
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

/** All messages under a filter with their members, newest first, some at a time. */
export async function* exportLog(ctx: Ctx, filters: LogFilters): AsyncGenerator<NamedMessage[]> {
  for await (const rows of exportMessages(ctx, filters)) yield withNames(ctx, rows);
}

/**
 * One message whole: its history, its member, and the money that it moved.
 * @throws DomainError `not_found`, also for a message that the actor may not see
 */
export async function inspectMessage(ctx: Ctx, messageId: string): Promise<WholeMessage> {
  const [message] = await withNames(ctx, [await getMessage(ctx, messageId)]);
  return { message: message!, transfers: await listMovementsOf(ctx, messageId) };
}
