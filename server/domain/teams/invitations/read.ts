import { and, count, desc, eq, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { invitations } from '@/db/schema/invitations';
import { mails } from '@/db/schema/mails';
import { members } from '@/db/schema/members';
import type { Page } from '@/server/domain/core/codecs';
import type { Context } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { isReauthenticationDue } from '@/server/domain/core/reauthentication';
import { may } from '@/server/domain/core/policy';
import type { RevokedReason } from '../inviters/rules';
import { invitationUrl, isGuarded, type InvitationStatus } from './rules';
import {
  plannedRuleSchema,
  type BrowseInvitations,
  type Invitation,
  type InvitationPage,
  type ListInvitations,
  type ShownInvitation,
} from './schema';
import { pageOf, readCursor, type CursorBinding } from '@/server/domain/core/cursors';

/** The current status of an invitation: an expired one reads `expired` even before a write has stored that. */
export const statusNow = sql<InvitationStatus>`CASE WHEN ${invitations.status} = 'pending' AND ${invitations.expiresAt} <= now()
  THEN 'expired' ELSE ${invitations.status} END`;

/** The reason why the inviter may no longer invite; null while they may, and for the operator. */
export const inviterLost = sql<RevokedReason | null>`(SELECT CASE WHEN inviter.status = 'deleted' THEN 'inviter_deleted'
    WHEN inviter.status = 'inactive' THEN 'inviter_inactive' WHEN inviter.role <> 'owner' THEN 'inviter_not_owner' END
  FROM members inviter WHERE inviter.team_id = invitations.team_id AND inviter.id = invitations.actor_member)`;

const columns = {
  id: invitations.id,
  email: invitations.email,
  name: invitations.name,
  role: invitations.role,
  memberId: invitations.memberId,
  memberName: members.name,
  status: statusNow,
  revokedReason: invitations.revokedReason,
  version: invitations.version,
  credit: invitations.credit,
  transferId: invitations.transferId,
  recharge: invitations.recharge,
  expiresAt: invitations.expiresAt,
  createdAt: invitations.createdAt,
  closedAt: invitations.closedAt,
  requestedAt: invitations.requestedAt,
  invitedBy: invitations.actorName,
  delivery: sql<Invitation['delivery']>`coalesce(${mails.state}, 'none')`,
  mailError: mails.error,
};

const selectInvitations = (db: Db, teamId: string) =>
  db
    .select(columns)
    .from(invitations)
    .leftJoin(mails, eq(mails.id, invitations.mailId))
    .leftJoin(members, and(eq(members.teamId, teamId), eq(members.id, invitations.memberId)));

type Row = Awaited<ReturnType<typeof selectInvitations>>[number];

const isSecret = (row: Row): boolean => row.status === 'pending' && isGuarded(row);

/** Leaves guarded links out until the actor has confirmed their identity; `openLink` shows them afterwards. */
async function showAll(ctx: Context, rows: Row[]): Promise<ShownInvitation[]> {
  const isWithheld = rows.some(isSecret) && (await isReauthenticationDue(ctx));
  return rows.map((row) => show(ctx, row, isWithheld && isSecret(row)));
}

function show(ctx: Context, { version, transferId, ...row }: Row, isWithheld: boolean): ShownInvitation {
  return {
    ...row,
    recharge: row.recharge === null ? null : z.decode(plannedRuleSchema, row.recharge as never),
    url: row.status === 'pending' && !isWithheld ? invitationUrl(ctx, { id: row.id, version }, 'copied') : null,
    acceptedAt: row.status === 'accepted' ? row.closedAt : null,
    creditMissing: row.status === 'accepted' && row.credit !== null && transferId === null,
  };
}

/**
 * Returns one invitation of the team.
 * @throws DomainError `owner_required`, `not_found`
 */
export async function getInvitation(ctx: Context, invitationId: string): Promise<ShownInvitation> {
  may(ctx.actor, 'invitations.see');
  const { teamId } = ctx.actor;
  const isIt = and(eq(invitations.teamId, teamId), eq(invitations.id, invitationId));
  const [shown] = await showAll(ctx, await selectInvitations(ctx.db, teamId).where(isIt));
  return shown ?? fail('not_found');
}

/**
 * Returns a page of the team's invitations in any state, newest first.
 * @throws DomainError `owner_required`, `invalid_cursor`
 */
export async function listInvitations(
  ctx: Context,
  { status, limit, cursor }: ListInvitations,
): Promise<Page<Invitation>> {
  may(ctx.actor, 'invitations.see');
  const { teamId } = ctx.actor;
  const binding: CursorBinding = [teamId, 'invitations', status];
  const after = readCursor(binding, cursor);
  const rows = await selectInvitations(ctx.db, teamId)
    .where(and(eq(invitations.teamId, teamId), isIn(status && [status]), after ? lt(invitations.id, after) : undefined))
    .orderBy(desc(invitations.id))
    .limit(limit + 1);
  const page = pageOf(rows, limit, binding);
  return { ...page, data: await showAll(ctx, page.data) };
}

/** Equals a filter on `statusNow`, in a form that can use the index on the stored status. */
function isIn(statuses: InvitationStatus[] | undefined): SQL | undefined {
  if (!statuses) return undefined;
  const written = new Set<InvitationStatus>(statuses.map((status) => (status === 'expired' ? 'pending' : status)));
  if (statuses.includes('expired')) written.add('expired');
  return and(inArray(invitations.status, [...written]), inArray(statusNow, statuses));
}

/**
 * Returns a numbered page of the team's invitations, newest first.
 * @throws DomainError `owner_required`
 */
export async function browseInvitations(
  ctx: Context,
  { query, status, page, pageSize }: BrowseInvitations,
): Promise<InvitationPage> {
  may(ctx.actor, 'invitations.see');
  const { teamId } = ctx.actor;
  const ofTeam = eq(invitations.teamId, teamId);
  const like = query ? `%${query.toLowerCase().replace(/[\\%_]/g, '\\$&')}%` : null;
  const named = like === null ? undefined : or(hasPart(invitations.email, like), hasPart(invitations.name, like));
  const matches = and(ofTeam, isIn(status), named);
  const [rows, [counted], [all]] = await Promise.all([
    selectInvitations(ctx.db, teamId)
      .where(matches)
      .orderBy(desc(invitations.id))
      .limit(pageSize)
      .offset((page - 1) * pageSize),
    ctx.db.select({ total: count() }).from(invitations).where(matches),
    ctx.db.select({ total: count() }).from(invitations).where(ofTeam),
  ]);
  return {
    data: await showAll(ctx, rows),
    total: counted!.total,
    all: all!.total,
    mails: ctx.mail !== null,
  };
}

const hasPart = (column: typeof invitations.email | typeof invitations.name, like: string): SQL =>
  sql`lower(${column} COLLATE natural_order) LIKE ${like}`;
