import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { auditEvents } from '@/db/schema/records';
import { members } from '@/db/schema/members';
import type { Page } from '../codecs';
import type { Ctx } from '../ctx';
import { pageOf, readCursor, type CursorBinding } from '../cursors';
import { parseId } from '../ids';
import { may } from '../policy';
import { printFacts, printTarget } from './rules';
import type { AuditEvent, ListAuditEvents } from './schema';

/**
 * The team's audit log, newest first, or what was done to one member.
 * @throws DomainError `owner_required`, `invalid_cursor`
 */
export async function listAuditEvents(
  ctx: Ctx,
  { memberId, limit, cursor }: ListAuditEvents,
): Promise<Page<AuditEvent>> {
  may(ctx.actor, 'audit.see');
  const { teamId } = ctx.actor;
  const binding: CursorBinding = [teamId, 'audit', memberId];
  const after = readCursor(binding, cursor);
  const seat = memberId === undefined ? null : parseId('mem', memberId);
  if (memberId !== undefined && seat === null) return { data: [], nextCursor: null };
  const e = auditEvents;
  const rows = await ctx.db
    .select({
      id: e.id,
      at: e.at,
      action: e.action,
      actorType: sql<AuditEvent['actor']['type']>`${e.actorType}`,
      actorName: e.actorName,
      door: e.door,
      address: e.address,
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
        eq(members.teamId, teamId),
        eq(members.id, sql`CASE WHEN ${e.targetType} = 'member' THEN ${e.targetId}::uuid END`),
      ),
    )
    .where(
      and(
        eq(e.teamId, teamId),
        seat === null ? undefined : and(eq(e.targetType, 'member'), eq(e.targetId, seat)),
        after ? lt(e.id, after) : undefined,
      ),
    )
    .orderBy(desc(e.id))
    .limit(limit + 1);
  const page = pageOf(rows, limit, binding);
  return {
    ...page,
    data: page.data.map(({ actorType, actorName, ...row }) => ({
      ...row,
      actor: { type: actorType, name: actorName },
      targetId: printTarget(row.targetType, row.targetId),
      before: printFacts(row.before),
      after: printFacts(row.after),
    })),
  };
}
