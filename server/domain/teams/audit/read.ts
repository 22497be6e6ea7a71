import { and, desc, eq, inArray, lt, sql, type SQL } from 'drizzle-orm';
import { members } from '@/db/schema/members';
import { auditEvents } from '@/db/schema/records';
import type { Page } from '@/server/domain/core/codecs';
import type { Context } from '@/server/domain/core/context';
import { may } from '@/server/domain/core/policy';
import { actionsMeant, actorMeant, printActor, printFacts, printTarget } from './rules';
import type { Actors, AuditEvent, AuditFilters, ListAuditEvents } from './schema';
import { pageOf, readCursor, isWithinRange, type CursorBinding } from '@/server/domain/core/cursors';

/**
 * Returns a page of the team's audit log, newest first, narrowed by the filters.
 * @throws DomainError `owner_required`, `invalid_cursor`
 */
export async function listAuditEvents(ctx: Context, input: ListAuditEvents): Promise<Page<AuditEvent>> {
  may(ctx.actor, 'audit.see');
  const { limit, cursor, ...filters } = input;
  const { memberId, action, actor, channel, from, to } = filters;
  const said = [memberId, action, actor, channel, from?.toISOString(), to?.toISOString()];
  const binding: CursorBinding = [ctx.actor.teamId, 'audit', ...said];
  const rows = await findEvents(ctx, filters, { after: readCursor(binding, cursor), limit: limit + 1 });
  return pageOf(rows, limit, binding);
}

const EXPORT_AT_ONCE = 1_000;

/** Yields all events under a filter, newest first, in batches, so that memory use is constant. */
export async function* exportAuditEvents(ctx: Context, filters: AuditFilters): AsyncGenerator<AuditEvent[]> {
  may(ctx.actor, 'audit.see');
  let after: string | null = null;
  for (;;) {
    const rows: AuditEvent[] = await findEvents(ctx, filters, { after, limit: EXPORT_AT_ONCE });
    yield rows;
    if (rows.length < EXPORT_AT_ONCE) return;
    after = rows.at(-1)!.id;
  }
}

const e = auditEvents;

/** Walks each action in its own index, no further than one page: an `IN` list over the index is not sorted by id. */
async function findEvents(
  ctx: Context,
  { action, ...filters }: AuditFilters,
  { after, limit }: { after: string | null; limit: number },
): Promise<AuditEvent[]> {
  const { teamId } = ctx.actor;
  const wanted = matching(filters);
  const actions = action === undefined ? [null] : actionsMeant(action);
  const walks = actions.map((one) => {
    const where = [eq(e.teamId, teamId), ...wanted, one === null ? undefined : eq(e.action, one)];
    return sql`(SELECT id FROM audit_events WHERE ${and(...where, after ? lt(e.id, after) : undefined)}
      ORDER BY id DESC LIMIT ${limit}::int)`;
  });
  const rows = await selectEvents(ctx)
    .where(
      and(
        eq(e.teamId, teamId),
        inArray(
          e.id,
          sql`(SELECT id FROM (${sql.join(walks, sql` UNION ALL `)}) w ORDER BY id DESC LIMIT ${limit}::int)`,
        ),
      ),
    )
    .orderBy(desc(e.id));
  return rows.map(({ actorType, actorId, actorName, ...row }) => ({
    ...row,
    actor: { type: actorType, id: printActor(actorType, actorId), name: actorName },
    targetId: printTarget(row.targetType, row.targetId),
    before: printFacts(row.before),
    after: printFacts(row.after),
  }));
}

/** Returns the conditions for all filters except the action. */
function matching({ memberId, actor, channel, from, to }: Omit<AuditFilters, 'action'>): (SQL | undefined)[] {
  const wanted = actor === undefined ? null : actorMeant(actor);
  return [
    memberId === undefined ? undefined : and(eq(e.targetType, 'member'), eq(e.targetId, memberId)),
    // The expression is the one of the index.
    wanted === null ? undefined : sql`coalesce(${e.actorId}, '') = ${wanted.id ?? ''}`,
    // A visitor with an invitation link may have no id either, so the type is compared too.
    wanted?.id === null ? eq(e.actorType, 'operator') : undefined,
    channel === undefined ? undefined : eq(e.channel, channel),
    isWithinRange(e.id, e.at, { from, to }),
  ];
}

const selectEvents = (ctx: Context) =>
  ctx.db
    .select({
      id: e.id,
      at: e.at,
      action: e.action,
      actorType: sql<AuditEvent['actor']['type']>`${e.actorType}`,
      actorId: e.actorId,
      actorName: e.actorName,
      channel: e.channel,
      address: e.address,
      requestId: e.requestId,
      targetType: e.targetType,
      targetId: e.targetId,
      targetName: members.name,
      before: sql<Record<string, unknown> | null>`${e.before}`,
      after: sql<Record<string, unknown> | null>`${e.after}`,
    })
    .from(e)
    .leftJoin(
      members,
      and(
        eq(members.teamId, ctx.actor.teamId),
        eq(members.id, sql`CASE WHEN ${e.targetType} = 'member' THEN ${e.targetId}::uuid END`),
      ),
    );

/** The most actors offered as a filter. */
const ACTORS_MAX = 100;

/**
 * Returns all actors in the log, sorted by name, each with their latest name. Skips through the index from one actor to
 * the next, so the cost grows with the number of actors, not with the length of the log.
 * @throws DomainError `owner_required`
 */
export async function pickActors(ctx: Context): Promise<Actors> {
  may(ctx.actor, 'audit.see');
  const teamId = sql`${ctx.actor.teamId}::uuid`;
  const { rows } = await ctx.db.execute<{ type: Actors[number]['type']; id: string; name: string }>(sql`
    WITH RECURSIVE who AS (
      (SELECT min(coalesce(actor_id, '')) AS id FROM audit_events WHERE team_id = ${teamId})
      UNION ALL
      SELECT (SELECT min(coalesce(a.actor_id, '')) FROM audit_events a WHERE a.team_id = ${teamId} AND coalesce(a.actor_id, '') > who.id)
      FROM who WHERE who.id IS NOT NULL)
    SELECT last.actor_type AS type, who.id, last.actor_name AS name FROM who, LATERAL (
      SELECT a.actor_type, a.actor_name FROM audit_events a WHERE a.team_id = ${teamId} AND coalesce(a.actor_id, '') = who.id
      ORDER BY a.id DESC LIMIT 1) last
    WHERE who.id <> '' ORDER BY lower(last.actor_name), who.id LIMIT ${ACTORS_MAX}`);
  return rows.map(({ type, id, name }) => ({ type, id: printActor(type, id), name }));
}
