import { and, asc, desc, eq, lt, or, sql, type SQL } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { transfers } from '@/db/schema/ledger';
import { members } from '@/db/schema/members';
import { type Context } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import type { Page } from '@/server/domain/core/codecs';
import { ownMemberScope } from '@/server/domain/core/policy';
import { TRANSFER_KINDS, type TransferKind } from './rules';
import type { BrowseTransfers, ListTransfers, NamedTransfer, Transfer, TransferFilters } from './schema';
import { printId } from '@/server/domain/core/ids';
import type { Actor } from '@/server/domain/core/actor';
import { readSnapshot } from '@/server/domain/core/transaction';
import { pageOf, readCursor, isWithinRange, type CursorBinding } from '@/server/domain/core/cursors';

const columns = {
  id: transfers.id,
  kind: transfers.kind,
  amount: transfers.amount,
  debitAfter: transfers.debitAfter,
  creditAfter: transfers.creditAfter,
  payer: sql<
    'master' | 'member'
  >`CASE WHEN ${transfers.teamId} IN (${transfers.debitAccount}, ${transfers.creditAccount}) THEN 'master' ELSE 'member' END`,
  memberId: transfers.memberId,
  messageId: transfers.messageId,
  note: transfers.note,
  noteForMember: transfers.noteForMember,
  reversalOf: transfers.reversalOf,
  reversedBy: sql<
    string | null
  >`(SELECT r.id FROM transfers r WHERE r.team_id = transfers.team_id AND r.reversal_of = transfers.id)`,
  actorType: transfers.actorType,
  actorId: transfers.actorId,
  actorName: transfers.actorName,
  actorMember: transfers.actorMember,
  createdAt: transfers.createdAt,
};

/** Returns the condition for transfers that touch a member's own account, the only ones that a member can see. */
const touches = (memberId: string): SQL =>
  and(
    eq(transfers.memberId, memberId),
    or(eq(transfers.debitAccount, memberId), eq(transfers.creditAccount, memberId)),
  )!;

/**
 * Lists transfers, newest first: those of the team for an owner, their own for a member.
 * @throws DomainError `invalid_cursor`
 */
export async function listTransfers(ctx: Context, input: ListTransfers): Promise<Page<Transfer>> {
  const { teamId } = ctx.actor;
  const own = ownMemberScope(ctx.actor, 'transfers.see');
  const binding: CursorBinding = [
    teamId,
    'transfers',
    own,
    input.memberId,
    input.kind,
    input.from?.toISOString(),
    input.to?.toISOString(),
  ];
  const after = readCursor(binding, input.cursor);
  const where = [
    eq(transfers.teamId, teamId),
    own ? touches(own) : undefined,
    input.memberId === undefined ? undefined : eq(transfers.memberId, input.memberId),
    input.kind ? eq(transfers.kind, input.kind) : undefined,
    after ? lt(transfers.id, after) : undefined,
    isWithinRange(transfers.id, transfers.createdAt, input),
  ];
  const rows = await ctx.db
    .select(columns)
    .from(transfers)
    .where(and(...where))
    .orderBy(desc(transfers.id))
    .limit(input.limit + 1);
  const page = pageOf(rows, input.limit, binding);
  return { ...page, data: page.data.map((row) => showTransfer(row, ctx.actor, ctx.actor.currency)) };
}

/**
 * Lists transfers with the names of their members, newest first, filtered by members and kinds. A member gets their own.
 * @throws DomainError `invalid_cursor`
 */
export async function browseTransfers(ctx: Context, input: BrowseTransfers): Promise<Page<NamedTransfer>> {
  const own = ownMemberScope(ctx.actor, 'transfers.see');
  const { memberId, kind, from, to, limit, cursor } = input;
  const filters = [memberId?.join(), kind?.join(), from?.toISOString(), to?.toISOString()];
  const binding: CursorBinding = [ctx.actor.teamId, 'browse-transfers', own, ...filters];
  const rows = await findTransfers(ctx, input, { after: readCursor(binding, cursor), limit: limit + 1 });
  return pageOf(rows, limit, binding);
}

const EXPORT_AT_ONCE = 1_000;

/** Yields all transfers that match the filters, newest first, in pieces, so that memory does not grow with their number. */
export async function* exportTransfers(ctx: Context, filters: TransferFilters): AsyncGenerator<NamedTransfer[]> {
  let after: string | null = null;
  for (;;) {
    const rows: NamedTransfer[] = await findTransfers(ctx, filters, { after, limit: EXPORT_AT_ONCE });
    yield rows;
    if (rows.length < EXPORT_AT_ONCE) return;
    after = rows.at(-1)!.id;
  }
}

type Piece = { after: string | null; limit: number };
type Posted = NamedTransfer & { id: string };

/**
 * Returns the next transfers that match the filters. Each kind of each member is read from its own index, newest first, up
 * to the limit, because no index returns a list of values in order.
 */
async function findTransfers(ctx: Context, filters: TransferFilters, { after, limit }: Piece): Promise<Posted[]> {
  const { teamId } = ctx.actor;
  const own = ownMemberScope(ctx.actor, 'transfers.see');
  const walks = [...new Set(filters.memberId ?? [null])].flatMap((memberId) =>
    [...new Set(filters.kind ?? [null])].map((kind) =>
      and(
        eq(transfers.teamId, teamId),
        own ? touches(own) : undefined,
        memberId === null ? undefined : eq(transfers.memberId, memberId),
        kind === null ? undefined : eq(transfers.kind, kind),
        after ? lt(transfers.id, after) : undefined,
        isWithinRange(transfers.id, transfers.createdAt, filters),
      ),
    ),
  );
  const walked = walks.map(
    (where) => sql`(SELECT id FROM transfers WHERE ${where} ORDER BY id DESC LIMIT ${limit}::int)`,
  );
  const rows = await selectNamed(ctx)
    .where(
      and(
        eq(transfers.teamId, teamId),
        sql`${transfers.id} IN (SELECT id FROM (${sql.join(walked, sql` UNION ALL `)}) w ORDER BY id DESC LIMIT ${limit}::int)`,
      ),
    )
    .orderBy(desc(transfers.id));
  return rows.map((row) => showNamed(ctx, row));
}

const selectNamed = (ctx: Context) =>
  ctx.db
    .select({ ...columns, memberName: members.name })
    .from(transfers)
    .leftJoin(members, and(eq(members.teamId, ctx.actor.teamId), eq(members.id, transfers.memberId)));

const showNamed = (ctx: Context, { memberName, ...row }: NamedRow): Posted => ({
  ...showTransfer(row, ctx.actor, ctx.actor.currency),
  id: row.id,
  member: row.memberId === null ? null : { id: row.memberId, name: memberName ?? '' },
});

type NamedRow = TransferRow & { id: string; memberName: string | null };

/**
 * Returns one transfer.
 * @throws DomainError `not_found`, also for one that the actor cannot see
 */
export async function getTransfer(ctx: Context, id: string): Promise<Transfer> {
  const own = ownMemberScope(ctx.actor, 'transfers.see');
  const [row] = await ctx.db
    .select(columns)
    .from(transfers)
    .where(and(eq(transfers.teamId, ctx.actor.teamId), eq(transfers.id, id), own ? touches(own) : undefined));
  return row ? showTransfer(row satisfies TransferRow, ctx.actor, ctx.actor.currency) : fail('not_found');
}

/** Lists the transfers of a message, oldest first: its charge, and its refund if any. A member gets those of their own account. */
export async function listMovementsOf(ctx: Context, messageId: string): Promise<NamedTransfer[]> {
  const { teamId } = ctx.actor;
  const own = ownMemberScope(ctx.actor, 'transfers.see');
  return selectNamed(ctx)
    .where(and(eq(transfers.teamId, teamId), eq(transfers.messageId, messageId), own ? touches(own) : undefined))
    .orderBy(asc(transfers.id))
    .then((rows) => rows.map((row) => showNamed(ctx, row)));
}

/** Finds the funding or withdrawal with the operator's reference, or returns null. */
export async function findByReference(
  ctx: Context,
  kind: TransferKind,
  reference: string,
): Promise<{ id: string; amount: bigint } | null> {
  const [row] = await ctx.db
    .select({ id: transfers.id, amount: transfers.amount })
    .from(transfers)
    .where(and(eq(transfers.teamId, ctx.actor.teamId), eq(transfers.kind, kind), eq(transfers.reference, reference)));
  return row ?? null;
}

/** Finds the fields of a transfer that a reversal needs, or returns null if the team has no such transfer. */
export async function findReversible(
  ctx: Context,
  id: string,
): Promise<{ kind: TransferKind; memberId: string | null; amount: bigint; reversalOf: string | null } | null> {
  const { kind, memberId, amount, reversalOf } = transfers;
  const [row] = await ctx.db
    .select({ kind, memberId, amount, reversalOf })
    .from(transfers)
    .where(and(eq(transfers.teamId, ctx.actor.teamId), eq(transfers.id, id)));
  return row ?? null;
}

/** Returns whether a transfer has been reversed. Reliable only while the member's account is locked. */
export async function isReversed(ctx: Context, id: string): Promise<boolean> {
  const rows = await ctx.db
    .select({ id: transfers.id })
    .from(transfers)
    .where(and(eq(transfers.teamId, ctx.actor.teamId), eq(transfers.reversalOf, id)));
  return rows.length > 0;
}

/** Finds the closing transfer that emptied a member's account at `deletedAt`, or returns null if the balance was 0. */
export async function findClosing(
  ctx: Context,
  memberId: string,
  deletedAt: Date,
): Promise<{ id: string; amount: bigint } | null> {
  const [row] = await ctx.db
    .select({ id: transfers.id, amount: transfers.amount, createdAt: transfers.createdAt })
    .from(transfers)
    .where(and(eq(transfers.teamId, ctx.actor.teamId), eq(transfers.memberId, memberId), eq(transfers.kind, 'closing')))
    .orderBy(desc(transfers.id))
    .limit(1);
  return row && row.createdAt.getTime() === deletedAt.getTime() ? row : null;
}

export type LedgerProof = { ok: boolean; transfers: number; accounts: number; problems: string[] };

/**
 * Proves the whole ledger, team by team: every transfer has its two entries and they sum to zero; each account's chain
 * runs from 0 without a gap, row by row, and ends at its balance; usage is charges less refunds; closed accounts hold 0.
 * Names the first broken row of each kind. Reads one snapshot and takes no lock.
 */
export async function verifyLedger(db: Db): Promise<LedgerProof> {
  return readSnapshot(db, async (all) => {
    const problems: string[] = [];
    for (const [claim, query] of Object.entries(PROOFS)) {
      const { rows } = await all.execute<{ team: string; row: string; found: string }>(query);
      for (const broken of rows) problems.push(`${claim}: team ${broken.team}, ${broken.row}: ${broken.found}`);
    }
    const { rows } = await all.execute<{ transfers: string; accounts: string }>(
      sql`SELECT (SELECT count(*) FROM transfers) AS transfers, (SELECT count(*) FROM ledger_accounts) AS accounts`,
    );
    return {
      ok: problems.length === 0,
      transfers: Number(rows[0]!.transfers),
      accounts: Number(rows[0]!.accounts),
      problems,
    };
  });
}

/** Queries by the claim that they prove; each returns the first row that breaks it. */
const PROOFS: Record<string, SQL> = {
  'a transfer has two entries that mirror it': sql`
    SELECT t.team_id AS team, 'transfer ' || t.id AS row, 'its entries are ' || coalesce(e.legs, 'missing') AS found FROM transfers t
    LEFT JOIN LATERAL (SELECT count(*) AS n, sum(e.amount) AS total, string_agg(e.leg || ' ' || e.account_id || ' ' || e.amount, ', ' ORDER BY e.leg) AS legs,
        bool_and(CASE e.leg WHEN -1 THEN e.account_id = t.debit_account AND e.amount = -t.amount AND e.balance_after IS NOT DISTINCT FROM t.debit_after
            AND e.seq IS NOT DISTINCT FROM t.debit_seq
          ELSE e.account_id = t.credit_account AND e.amount = t.amount AND e.balance_after IS NOT DISTINCT FROM t.credit_after
            AND e.seq IS NOT DISTINCT FROM t.credit_seq END) AS same
      FROM entries e WHERE e.team_id = t.team_id AND e.transfer_id = t.id) e ON true
    WHERE e.n <> 2 OR e.total <> 0 OR NOT e.same ORDER BY t.team_id, t.id LIMIT 1`,
  'an entry has its transfer': sql`
    SELECT e.team_id AS team, 'entry ' || e.transfer_id || ' ' || e.leg AS row, 'no such transfer' AS found FROM entries e
    WHERE NOT EXISTS (SELECT 1 FROM transfers t WHERE t.team_id = e.team_id AND t.id = e.transfer_id) ORDER BY 1, 2 LIMIT 1`,
  'the entries sum to zero': sql`
    SELECT team_id AS team, 'all entries' AS row, 'they sum to ' || sum(amount) || ' micros' AS found FROM entries
    GROUP BY team_id HAVING sum(amount) <> 0 ORDER BY 1 LIMIT 1`,
  'a chain of balances runs without a gap': sql`
    SELECT c.team_id AS team, 'account ' || c.account_id || ', entry ' || c.seq || ' (transfer ' || c.transfer_id || ')' AS row,
      'number ' || c.nth || ' should hold ' || c.running || ' and says ' || c.balance_after AS found
    FROM (SELECT e.*, row_number() OVER w AS nth, sum(e.amount) OVER w AS running FROM entries e WHERE e.seq IS NOT NULL
      WINDOW w AS (PARTITION BY e.team_id, e.account_id ORDER BY e.seq)) c
    WHERE c.nth <> c.seq OR c.running IS DISTINCT FROM c.balance_after OR c.running < 0 ORDER BY c.team_id, c.account_id, c.seq LIMIT 1`,
  'a balance is the sum of its entries': sql`
    SELECT a.team_id AS team, a.kind || ' account ' || a.id AS row, 'balance ' || a.balance || ' at entry ' || a.version || ', entries sum to '
      || coalesce(e.total, 0) || ' in ' || coalesce(e.n, 0) AS found
    FROM ledger_accounts a LEFT JOIN (SELECT team_id, account_id, sum(amount) AS total, count(*) AS n FROM entries GROUP BY 1, 2) e
      ON e.team_id = a.team_id AND e.account_id = a.id
    WHERE a.kind IN ('master', 'member') AND (a.balance <> coalesce(e.total, 0) OR a.version <> coalesce(e.n, 0) OR a.balance < 0)
    ORDER BY a.team_id, a.id LIMIT 1`,
  'an entry is of an account of its team': sql`
    SELECT e.team_id AS team, 'entry ' || e.transfer_id || ' ' || e.leg AS row, 'no account ' || e.account_id AS found FROM entries e
    WHERE NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.team_id = e.team_id AND a.id = e.account_id) ORDER BY 1, 2 LIMIT 1`,
  'usage is charges less refunds': sql`
    SELECT team AS team, 'the usage account' AS row, 'entries sum to ' || entered || ', charges less refunds to ' || moved AS found
    FROM (SELECT t.team_id AS team, sum(CASE t.kind WHEN 'charge' THEN t.amount ELSE -t.amount END) AS moved,
        (SELECT coalesce(sum(e.amount), 0) FROM entries e WHERE e.team_id = t.team_id AND e.account_id = '00000000-0000-7000-8000-000000000001') AS entered
      FROM transfers t WHERE t.kind IN ('charge', 'refund') GROUP BY t.team_id) u WHERE moved <> entered ORDER BY 1 LIMIT 1`,
  'a closed account holds nothing': sql`
    SELECT team_id AS team, kind || ' account ' || id AS row, 'closed with ' || balance AS found FROM ledger_accounts
    WHERE closed_at IS NOT NULL AND balance <> 0 ORDER BY 1, 2 LIMIT 1`,
};

/** A row of `transfers` with the derived columns that `showTransfer` needs. */
export type TransferRow = {
  id: string | null;
  kind: TransferKind;
  amount: bigint;
  debitAfter: bigint | null;
  creditAfter: bigint | null;
  payer: 'master' | 'member';
  memberId: string | null;
  messageId: string | null;
  note: string | null;
  noteForMember: string | null;
  reversalOf: string | null;
  reversedBy: string | null;
  actorType: 'user' | 'key' | 'rule' | 'operator';
  actorId: string | null;
  actorName: string;
  actorMember: string | null;
  createdAt: Date;
};

/**
 * Returns a transfer as the viewer can see it. A member sees only their own balance, the note meant for them, and the
 * team's name in place of another actor's (product rule "who may do what").
 */
export function showTransfer(row: TransferRow, viewer: Actor, currency: string): Transfer {
  const kind = TRANSFER_KINDS[row.kind];
  const from = kind.from === 'payer' ? row.payer : kind.from;
  const to = kind.to === 'payer' ? row.payer : kind.to;
  const after: { master?: bigint; member?: bigint } = {};
  if (from === 'master' || from === 'member') after[from] = row.debitAfter ?? 0n;
  if (to === 'master' || to === 'member') after[to] = row.creditAfter ?? 0n;
  const shown = {
    id: row.id,
    kind: row.kind,
    amount: row.amount,
    currency,
    from,
    to,
    memberId: row.memberId,
    messageId: row.messageId,
    note: row.note,
    noteForMember: row.noteForMember,
    reversalOf: row.reversalOf,
    reversedBy: row.reversedBy,
    actor: { type: row.actorType, id: printActorId(row), name: row.actorName },
    balanceAfter: after,
    createdAt: row.createdAt,
  };
  if (viewer.type !== 'member' || viewer.role === 'owner') return shown;
  const own = row.actorMember === viewer.memberId || row.actorType === 'rule';
  return {
    ...shown,
    note: own && row.actorType !== 'rule' ? row.note : row.noteForMember,
    actor: own ? shown.actor : { type: row.actorType, id: null, name: viewer.teamName },
    balanceAfter: after.member === undefined ? {} : { member: after.member },
  };
}

function printActorId(row: TransferRow): string | null {
  if (row.actorType === 'rule') return row.memberId && printId('mem', row.memberId);
  if (!row.actorId) return null;
  return printId(row.actorType === 'user' ? 'usr' : 'key', row.actorId);
}
