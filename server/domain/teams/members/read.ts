import { and, desc, eq, isNull, lt, ne, sql, type AnyColumn, type Placeholder, type SQL } from 'drizzle-orm';
import { builtOnce, columnsNamed, describeQuery, UNNAMED, type Db } from '@/db/client';
import { ledgerAccounts } from '@/db/schema/ledger';
import { apiKeys, members } from '@/db/schema/members';
import { rechargeRules } from '@/db/schema/recharge';
import type { Page } from '@/server/domain/core/codecs';
import type { Context } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { parseId } from '@/server/domain/core/ids';
import { ownMemberScope, mayFor, canSeeNotes } from '@/server/domain/core/policy';
import { showRecharge } from '@/server/domain/billing/auto-recharge/read';
import { GENERATED_EMAIL_DOMAIN, RESTORABLE_MS, USAGE_DAYS } from './rules';
import {
  memberSchema,
  PICKED_MAX,
  type BrowseMembers,
  type ExportMembers,
  type FilterMembers,
  type ListMembers,
  type Member,
  type PickedMembers,
  type MemberRow,
  type MemberRowFilters,
  type MemberRowPage,
} from './schema';
import type { RechargeState } from '@/server/domain/billing/auto-recharge/rules';
import { pageOf, readCursor, type CursorBinding } from '@/server/domain/core/cursors';

const columns = {
  ...columnsNamed(members, memberSchema.shape),
  balance: ledgerAccounts.balance,
  // Lists show the current key, and never its secret.
  key: {
    id: apiKeys.id,
    prefix: apiKeys.prefix,
    last4: apiKeys.last4,
    createdAt: apiKeys.createdAt,
    lastUsedAt: apiKeys.lastUsedAt,
  },
  // The state is computed only for members with a rule, because most have none.
  rule: sql<RechargeState | null>`CASE WHEN ${rechargeRules.memberId} IS NOT NULL
    THEN recharge_state(${members.teamId}, ${members.id}, now()) END`,
};

type InTeam = string | Placeholder;
const itsAccount = (teamId: InTeam) => and(eq(ledgerAccounts.teamId, teamId), eq(ledgerAccounts.id, members.id));
const itsRule = (teamId: InTeam) => and(eq(rechargeRules.teamId, teamId), eq(rechargeRules.memberId, members.id));
const itsKey = (teamId: InTeam) =>
  and(
    eq(apiKeys.teamId, teamId),
    eq(apiKeys.memberId, members.id),
    isNull(apiKeys.revokedAt),
    isNull(apiKeys.expiresAt),
  );

const selectMembers = (db: Db, teamId: InTeam) =>
  db
    .select(columns)
    .from(members)
    .innerJoin(ledgerAccounts, itsAccount(teamId))
    .leftJoin(apiKeys, itsKey(teamId))
    .leftJoin(rechargeRules, itsRule(teamId));

type Row = Awaited<ReturnType<typeof selectMembers>>[number];

const oneMember = builtOnce((db) => {
  const teamId = sql.placeholder('teamId');
  const isIt = and(eq(members.teamId, teamId), eq(members.id, sql.placeholder('memberId')));
  return selectMembers(db, teamId).where(isIt).prepare(UNNAMED);
});

function showMember(ctx: Context, { key, rule, balance, ...row }: Row): Member {
  return {
    ...row,
    ...(!canSeeNotes(ctx.actor) && { externalId: null, metadata: {} }),
    balance: balance ?? 0n,
    currency: ctx.actor.currency,
    apiKey: key,
    recharge: showRecharge(rule, row),
  };
}

/**
 * Returns one member, including deleted ones.
 * @throws DomainError `not_found`, also for a member that the actor may not see
 */
export async function getMember(ctx: Context, memberId: string): Promise<Member> {
  mayFor(ctx.actor, 'members.see', memberId);
  const [row] = await oneMember(ctx.db).execute({ teamId: ctx.actor.teamId, memberId });
  return row ? showMember(ctx, row) : fail('not_found');
}

/**
 * Returns a page of members, newest first; a member sees only itself. Without a status filter: all except deleted.
 * @throws DomainError `invalid_cursor`
 */
export async function listMembers(ctx: Context, input: ListMembers): Promise<Page<Member>> {
  const { teamId } = ctx.actor;
  const own = ownMemberScope(ctx.actor, 'members.see');
  const binding: CursorBinding = [teamId, 'members', own, input.status, input.role, input.query, input.externalId];
  const after = readCursor(binding, input.cursor);
  const like = input.query ? partOf(input.query) : null;
  const { status, role, externalId } = input;
  const sees = canSeeNotes(ctx.actor);
  // A filter on a field that the actor may not see matches nothing; otherwise its value could be guessed.
  if (externalId !== undefined && !sees) return { data: [], nextCursor: null };
  const filters = { own, status, role, externalId, like, notes: sees || null, after };
  const rows = await memberPage(ctx.db, describeQuery(filters)).execute({ ...filters, teamId, limit: input.limit + 1 });
  const page = pageOf(rows, input.limit, binding);
  return { ...page, data: page.data.map((row) => showMember(ctx, row)) };
}

/** Yields all members under a filter in batches, in the order of the list. */
export async function* exportMemberList(ctx: Context, filters: FilterMembers): AsyncGenerator<Member[]> {
  for (let cursor: string | undefined; ;) {
    const page: Page<Member> = await listMembers(ctx, { ...filters, limit: EXPORT_AT_ONCE, cursor });
    yield page.data;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}

/** Lower-cases every script, by a collation: the database's default may only know ASCII. */
const lower = (text: AnyColumn | SQL): SQL => sql`lower(${text} COLLATE natural_order)`;

/** Returns the LIKE pattern for a substring of a lower-case text. */
const partOf = (text: string): string =>
  `%${text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`;

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
          sql`(${lower(members.name)} LIKE ${like} OR ${members.email} LIKE ${like}${has('notes') ? sql` OR ${lower(members.externalId)} LIKE ${like}` : sql``})`,
        ),
        given('after', lt(members.id, sql.placeholder('after'))),
      ),
    )
    .orderBy(desc(members.id))
    .limit(sql.placeholder('limit'))
    .prepare(UNNAMED);
});

const LAST_DAYS = sql`(now() AT TIME ZONE 'UTC')::date - ${USAGE_DAYS}::int`;

/**
 * True for a member whose user was generated with it and is in no other team. Owners may reset the password of that
 * user.
 */
export const hasGeneratedSignIn = sql<boolean>`EXISTS (SELECT 1 FROM users generated WHERE generated.id = members.user_id
  AND generated.email LIKE ${`%@${GENERATED_EMAIL_DOMAIN}`}) AND NOT EXISTS (SELECT 1 FROM members elsewhere
    WHERE elsewhere.user_id = members.user_id AND elsewhere.status <> 'deleted' AND elsewhere.team_id <> members.team_id)`;

const memberRowColumns = {
  ...columns,
  emailGenerated: members.emailGenerated,
  signsIn: sql<boolean>`${members.userId} IS NOT NULL`,
  hasGeneratedSignIn,
  restorable: sql<boolean>`coalesce(${members.deletedAt} > now() - ${RESTORABLE_MS} * interval '1 millisecond', false)`,
  usage: sql<string[]>`(SELECT ARRAY[coalesce(sum(u.messages), 0), coalesce(sum(u.cost), 0)]::text[] FROM usage_daily u
    WHERE u.team_id = ${members.teamId} AND u.member_id = ${members.id} AND u.day > ${LAST_DAYS})`,
};

const allOf = (ids: string[]): SQL => sql`ANY (${`{${ids.join()}}`}::uuid[])`;

/** Returns members as the page shows them, in the order of the given ids. */
async function showMemberRows(ctx: Context, ids: string[]): Promise<MemberRow[]> {
  const { teamId } = ctx.actor;
  const rows = await ctx.db
    .select(memberRowColumns)
    .from(members)
    .innerJoin(ledgerAccounts, itsAccount(teamId))
    .leftJoin(apiKeys, itsKey(teamId))
    .leftJoin(rechargeRules, itsRule(teamId))
    .where(and(eq(members.teamId, teamId), sql`${members.id} = ${allOf(ids)}`));
  const entries = rows.map(
    ({ emailGenerated, signsIn, hasGeneratedSignIn: generated, restorable, usage, ...row }): [string, MemberRow] => {
      const [messages, cost] = usage;
      const restorableUntil = restorable ? new Date(row.deletedAt!.getTime() + RESTORABLE_MS) : null;
      const sent = { messages: Number(messages), cost: BigInt(cost!) };
      return [
        row.id,
        {
          ...showMember(ctx, row),
          emailGenerated,
          signsIn,
          hasGeneratedSignIn: generated,
          restorableUntil,
          usage: sent,
        },
      ];
    },
  );
  const byId = new Map(entries);
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/**
 * Returns one member as the page shows it, including deleted ones.
 * @throws DomainError `not_found`, also for a member that the actor may not see
 */
export async function getMemberRow(ctx: Context, memberId: string): Promise<MemberRow> {
  mayFor(ctx.actor, 'members.see', memberId);
  const [member] = await showMemberRows(ctx, [memberId]);
  return member ?? fail('not_found');
}

/**
 * Returns a numbered page of the team's members, filtered and sorted by the database; a member sees only itself.
 * Without a status filter: all except deleted.
 */
export async function browseMembers(ctx: Context, { page, pageSize, ...input }: BrowseMembers): Promise<MemberRowPage> {
  const { ids, ...counts } = await findMemberRows(ctx, input, { limit: pageSize, offset: (page - 1) * pageSize });
  return { data: ids.length === 0 ? [] : await showMemberRows(ctx, ids), ...counts };
}

/** Returns all matching members, up to 10,000, with the fields that a selection over all pages needs. */
export async function pickMembers(ctx: Context, filters: MemberRowFilters): Promise<PickedMembers> {
  const { ids, total } = await findMemberRows(ctx, { ...filters, ...BY_NAME }, { limit: PICKED_MAX, offset: 0 });
  const { teamId } = ctx.actor;
  const { id, name, status, role } = members;
  const rows = await ctx.db
    .select({ id, name, status, role, balance: sql<string>`${ledgerAccounts.balance}` })
    .from(members)
    .innerJoin(ledgerAccounts, itsAccount(teamId))
    .where(and(eq(members.teamId, teamId), sql`${id} = ${allOf(ids)}`));
  const byId = new Map(rows.map((row) => [row.id, { ...row, balance: BigInt(row.balance) }]));
  return { data: ids.flatMap((one) => byId.get(one) ?? []), total };
}

const BY_NAME = { sort: 'name', direction: 'asc' } as const;

const EXPORT_AT_ONCE = 500;

/**
 * Yields all members under a filter in batches, in the order of the page. Only the ids of the rest are kept in memory.
 */
export async function* exportMembers(ctx: Context, input: ExportMembers): AsyncGenerator<MemberRow[]> {
  const { ids } = await findMemberRows(ctx, input, { limit: null, offset: 0 });
  for (let i = 0; i === 0 || i < ids.length; i += EXPORT_AT_ONCE) {
    yield showMemberRows(ctx, ids.slice(i, i + EXPORT_AT_ONCE));
  }
}

const SORT_KEYS: Record<ExportMembers['sort'], SQL> = {
  name: lower(sql`m.name`),
  email: sql`m.email`,
  role: sql`m.role`,
  status: sql`m.status`,
  createdAt: sql`m.created_at`,
  balance: sql`a.balance`,
  lastUsedAt: sql`k.last_used_at`,
  messages: sql`coalesce(u.messages, 0)`,
  cost: sql`coalesce(u.cost, 0)`,
};

/** The SQL conditions for the states that `showRecharge` returns. */
const RULE_IS: Record<NonNullable<MemberRowFilters['recharge']>, SQL> = {
  none: sql`r.member_id IS NULL`,
  off: sql`NOT r.enabled`,
  paused: sql`r.enabled AND (m.status <> 'active' OR m.role = 'owner')`,
  waiting: sql`r.enabled AND m.status = 'active' AND m.role = 'member' AND r.waiting_since IS NOT NULL`,
  ready: sql`r.enabled AND m.status = 'active' AND m.role = 'member' AND r.waiting_since IS NULL`,
};

type Piece = { limit: number | null; offset: number };

/**
 * Returns the ids of a page of members, the number that match, and the number not deleted. Joins only the tables that
 * the filters and the sort need.
 */
async function findMemberRows(
  ctx: Context,
  { sort, direction, ...filters }: ExportMembers,
  { limit, offset }: Piece,
): Promise<{ ids: string[]; total: number; all: number }> {
  const team = sql`${ctx.actor.teamId}::uuid`;
  const own = ownMemberScope(ctx.actor, 'members.see');
  const mine = own === null ? sql`true` : sql`m.id = ${own}::uuid`;
  const joins: Partial<Record<ExportMembers['sort'], SQL>> = {
    balance: sql`JOIN ledger_accounts a ON a.team_id = ${team} AND a.id = m.id`,
    lastUsedAt: sql`LEFT JOIN api_keys k ON k.team_id = ${team} AND k.member_id = m.id AND k.revoked_at IS NULL AND k.expires_at IS NULL`,
    messages: usageByMember(team),
    cost: usageByMember(team),
  };
  const rule = filters.recharge && sql`LEFT JOIN recharge_rules r ON r.team_id = ${team} AND r.member_id = m.id`;
  const way = direction === 'asc' ? sql`ASC` : sql`DESC`;
  // The name has an index. Rows equal in role or status are sorted by name, and the id makes every order total.
  const tieBreak = sort === 'role' || sort === 'status' ? sql`name, id` : sql`id`;
  const order = sort === 'name' ? sql`name ${way}, id ${way}` : sql`key ${way} NULLS LAST, ${tieBreak}`;
  // Materialises the expensive filters once, for the page and for the count.
  const isExpensive = filters.query || sort === 'messages' || sort === 'cost';
  const { rows } = await ctx.db.execute<{ ids: string[]; total: string; alive: string }>(sql`
    WITH found AS ${isExpensive ? sql`MATERIALIZED` : sql`NOT MATERIALIZED`} (SELECT m.id, ${SORT_KEYS.name} AS name, ${SORT_KEYS[sort]} AS key FROM members m
      ${joins[sort] ?? sql``} ${rule ?? sql``} WHERE m.team_id = ${team} AND ${mine} AND ${matches(team, filters, canSeeNotes(ctx.actor))})
    SELECT (SELECT count(*) FROM members m WHERE m.team_id = ${team} AND ${mine} AND m.status <> 'deleted') AS alive,
      (SELECT count(*) FROM found) AS total,
      ARRAY(SELECT id FROM found ORDER BY ${order} LIMIT ${limit}::int OFFSET ${offset}::int) AS ids`);
  const { ids, total, alive } = rows[0]!;
  return { ids, total: Number(total), all: Number(alive) };
}

const usageByMember = (team: SQL): SQL => sql`LEFT JOIN (SELECT member_id, sum(messages) AS messages, sum(cost) AS cost
  FROM usage_daily WHERE team_id = ${team} AND day > ${LAST_DAYS} GROUP BY member_id) u ON u.member_id = m.id`;

function matches(team: SQL, { query, status, role, recharge }: MemberRowFilters, notes: boolean): SQL {
  const wanted = [
    status ? sql`m.status = ANY (${`{${status.join()}}`}::text[])` : sql`m.status <> 'deleted'`,
    role && sql`m.role = ${role}`,
    recharge && RULE_IS[recharge],
    query && holds(team, query, notes),
  ];
  return sql.join(
    wanted.filter((condition) => condition !== undefined && condition !== '').map((condition) => sql`(${condition})`),
    sql` AND `,
  );
}

const KEY_END = /^[0-9A-Za-z]{4}$/;

/**
 * Matches part of a name, an email or (if visible to the actor) an externalId, a whole id, or the last four characters
 * of a live key.
 */
function holds(team: SQL, query: string, notes: boolean): SQL {
  const like = partOf(query);
  const id = parseId('mem', query);
  const byKey = sql`m.id IN (SELECT k.member_id FROM api_keys k WHERE k.team_id = ${team} AND k.last4 = ${query}
    AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()))`;
  return sql.join(
    [
      sql`${SORT_KEYS.name} LIKE ${like} OR m.email LIKE ${like}`,
      ...(notes ? [sql`${lower(sql`m.external_id`)} LIKE ${like}`] : []),
      ...(id ? [sql`m.id = ${id}::uuid`] : []),
      ...(KEY_END.test(query) ? [byKey] : []),
    ],
    sql` OR `,
  );
}
