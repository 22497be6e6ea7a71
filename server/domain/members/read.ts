import { and, desc, eq, isNull, lt, ne, sql, type Placeholder, type SQL } from 'drizzle-orm';
import { builtOnce, shapeOf, UNNAMED, type Db } from '@/db/client';
import { ledgerAccounts } from '@/db/schema/ledger';
import { apiKeys, members } from '@/db/schema/members';
import { rechargeRules } from '@/db/schema/recharge';
import type { Page } from '../codecs';
import type { Ctx } from '../ctx';
import { fail } from '../errors';
import { pageOf, readCursor, type CursorBinding } from '../cursors';
import { heldTo, mayFor } from '../policy';
import { showRecharge, type RechargeState } from '../recharge/read';
import type { ListMembers, Member } from './schema';

const columns = {
  id: members.id,
  name: members.name,
  email: members.email,
  role: members.role,
  status: members.status,
  balance: ledgerAccounts.balance,
  // The current one; of a secret nothing is in any list.
  key: {
    id: apiKeys.id,
    prefix: apiKeys.prefix,
    last4: apiKeys.last4,
    createdAt: apiKeys.createdAt,
    lastUsedAt: apiKeys.lastUsedAt,
  },
  // Asked only where there is one: most seats have none, and a page has many seats.
  rule: sql<RechargeState | null>`CASE WHEN ${rechargeRules.memberId} IS NOT NULL
    THEN recharge_state(${members.teamId}, ${members.id}, now()) END`,
  externalId: members.externalId,
  metadata: members.metadata,
  createdAt: members.createdAt,
  updatedAt: members.updatedAt,
  deletedAt: members.deletedAt,
};

const selectMembers = (db: Db, teamId: string | Placeholder) =>
  db
    .select(columns)
    .from(members)
    .innerJoin(ledgerAccounts, and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, members.id)))
    .leftJoin(
      apiKeys,
      and(
        eq(apiKeys.teamId, teamId),
        eq(apiKeys.memberId, members.id),
        isNull(apiKeys.revokedAt),
        isNull(apiKeys.expiresAt),
      ),
    )
    .leftJoin(rechargeRules, and(eq(rechargeRules.teamId, teamId), eq(rechargeRules.memberId, members.id)));

type Row = Awaited<ReturnType<typeof selectMembers>>[number];

const oneMember = builtOnce((db) => {
  const teamId = sql.placeholder('teamId');
  const isIt = and(eq(members.teamId, teamId), eq(members.id, sql.placeholder('memberId')));
  return selectMembers(db, teamId).where(isIt).prepare(UNNAMED);
});

function showMember(ctx: Ctx, { key, rule, balance, ...row }: Row): Member {
  return {
    ...row,
    balance: balance ?? 0n,
    currency: ctx.actor.currency,
    apiKey: key,
    recharge: showRecharge(rule, row),
  };
}

/**
 * One seat, deleted ones too.
 * @throws DomainError `not_found`, also for a seat that the actor may not see
 */
export async function getMember(ctx: Ctx, memberId: string): Promise<Member> {
  mayFor(ctx.actor, 'members.see', memberId);
  const [row] = await oneMember(ctx.db).execute({ teamId: ctx.actor.teamId, memberId });
  return row ? showMember(ctx, row) : fail('not_found');
}

/**
 * Seats, newest first; for a member its own alone. Without a status: all but deleted.
 * @throws DomainError `invalid_cursor`
 */
export async function listMembers(ctx: Ctx, input: ListMembers): Promise<Page<Member>> {
  const { teamId } = ctx.actor;
  const own = heldTo(ctx.actor, 'members.see');
  const binding: CursorBinding = [teamId, 'members', own, input.status, input.role, input.query, input.externalId];
  const after = readCursor(binding, input.cursor);
  const like = input.query
    ? `%${input.query
        .normalize('NFC')
        .toLowerCase()
        .replace(/[\\%_]/g, '\\$&')}%`
    : null;
  const { status, role, externalId } = input;
  const filters = { own, status, role, externalId, like, after };
  const rows = await memberPage(ctx.db, shapeOf(filters)).execute({ ...filters, teamId, limit: input.limit + 1 });
  const page = pageOf(rows, input.limit, binding);
  return { ...page, data: page.data.map((row) => showMember(ctx, row)) };
}

const memberPage = builtOnce((db, has) => {
  const given = (name: string, condition: SQL) => (has(name) ? condition : undefined);
  const [teamId, like] = [sql.placeholder('teamId'), sql.placeholder('like')];
  return selectMembers(db, teamId)
    .where(
      and(
        eq(members.teamId, teamId),
        given('own', eq(members.id, sql.placeholder('own'))),
        has('status') ? eq(members.status, sql.placeholder('status')) : ne(members.status, 'deleted'),
        given('role', eq(members.role, sql.placeholder('role'))),
        given('externalId', eq(members.externalId, sql.placeholder('externalId'))),
        given(
          'like',
          sql`(lower(${members.name}) LIKE ${like} OR ${members.email} LIKE ${like} OR lower(${members.externalId}) LIKE ${like})`,
        ),
        given('after', lt(members.id, sql.placeholder('after'))),
      ),
    )
    .orderBy(desc(members.id))
    .limit(sql.placeholder('limit'))
    .prepare(UNNAMED);
});
