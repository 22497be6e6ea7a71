import { and, asc, desc, eq, gte, inArray, lt, sql, type SQL } from 'drizzle-orm';
import { z } from 'zod';
import { builtOnce, describeQuery, UNNAMED, type Db } from '@/db/client';
import { messages, type Attempt } from '@/db/schema/messages';
import type { Page } from '@/server/domain/core/codecs';
import type { Context } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import type { Keep } from '@/server/domain/core/idempotency';
import { asTeamId, timeOfUuid7, type TeamId } from '@/server/domain/core/ids';
import { mustBeForward } from '@/server/domain/core/pagination';
import type { FindRate } from '@/server/domain/billing/rates/rules';
import { canSeeCarriers, ownMemberScope, may } from '@/server/domain/core/policy';
import { KEPT_FROM } from '../usage/read';
import type { AcceptedBatch, ListMessages, Message, MessageDetail, MessageEvent, NewMessage } from './schema';
import { priceMessage, type PricedMessage } from '../pricing/rules';
import type { MessageStatus } from './rules';
import { pageOf, readCursor, type CursorBinding } from '@/server/domain/core/cursors';

const columns = {
  id: messages.id,
  memberId: messages.memberId,
  to: messages.recipient,
  from: messages.sender,
  body: messages.body,
  country: messages.country,
  encoding: messages.encoding,
  segments: messages.segments,
  price: messages.price,
  cost: messages.cost,
  status: messages.status,
  errorCode: messages.errorCode,
  errorDetail: messages.errorDetail,
  reference: messages.reference,
  createdAt: messages.createdAt,
  sendAt: messages.sendAt,
  sentAt: messages.sentAt,
  deliveredAt: messages.deliveredAt,
  failedAt: messages.failedAt,
};

type Row = Omit<Message, 'currency' | 'error'> & { errorCode: string | null; errorDetail: string | null };

function showMessage(ctx: Context, { errorCode, errorDetail, ...row }: Row): Message {
  const error = errorCode === null ? null : { code: errorCode, detail: errorDetail ?? '' };
  // Assigns instead of spreading: V8 turns such a copy into a dictionary, with ten times the garbage in a long export.
  return Object.assign(row, { currency: ctx.actor.currency, error });
}

/**
 * The most by which the time in an id may be later than its row's, in milliseconds: the longest wait of a charge for a
 * lock.
 */
const ID_LAG_MS = 60_000;

/**
 * Returns a page of messages, newest first: the team's for an owner, its own for a member.
 * @throws DomainError `invalid_cursor`
 */
export async function listMessages(ctx: Context, input: ListMessages): Promise<Page<Message>> {
  const { limit, cursor, ...filters } = input;
  const own = ownMemberScope(ctx.actor, 'messages.see');
  const said = JSON.stringify(filters, Object.keys(filters).toSorted());
  const binding: CursorBinding = [ctx.actor.teamId, 'messages', own, said];
  const rows = await findMessages(ctx, filters, { after: readCursor(binding, cursor), limit: limit + 1 });
  return pageOf(rows, limit, binding);
}

const EXPORT_AT_ONCE = 1_000;

/**
 * Yields all messages under a filter, newest first, in batches, so that memory use is constant. Messages accepted after
 * the start are not included.
 */
export async function* exportMessages(ctx: Context, filters: FilterMessages): AsyncGenerator<Message[]> {
  let after: string | null = null;
  for (;;) {
    const rows: Message[] = await findMessages(ctx, filters, { after, limit: EXPORT_AT_ONCE });
    yield rows;
    if (rows.length < EXPORT_AT_ONCE) return;
    after = rows.at(-1)!.id;
  }
}

export type FilterMessages = Omit<ListMessages, 'limit' | 'cursor'>;

/** A piece of the log: `limit` messages older than the id `after`, or the ones that follow the id `since`. */
type Piece = { after?: string | null; since?: string | null; limit: number };

const MONTH_MS = 31 * 86_400_000;

/**
 * Returns messages under a filter, newest first. Searches the month around the start of the page first, so that the
 * database plans for two or three partitions instead of all. The month ahead allows for clocks that differ.
 */
export async function findMessages(ctx: Context, filters: FilterMessages, piece: Piece): Promise<Message[]> {
  const filter = valuesOf(ctx, filters);
  const { after = null, since = null, limit } = piece;
  const edge = after ?? since;
  const begin = Math.min((edge ? timeOfUuid7(edge) : new Date()).getTime(), filters.to?.getTime() ?? Infinity);
  const month = {
    near: new Date(begin - MONTH_MS).toISOString(),
    far: new Date(begin + MONTH_MS).toISOString(),
  };
  const wanted = { ...filter, after, since };
  const look = (values: typeof wanted | (typeof wanted & typeof month)) =>
    messagePage(ctx.db, describeQuery(values)).execute({ ...values, limit });
  const rows = await look({ ...wanted, ...month });
  const isInRange =
    since === null
      ? filter.from !== undefined && filter.from > month.near
      : month.far > (filter.to ?? new Date().toISOString());
  const found = rows.length === limit || isInRange ? rows : await look(wanted);
  return (since === null ? found : found.toReversed()).map((row) => showMessage(ctx, row));
}

/** The length of the number prefix that has its own index: a plus and six digits. */
const INDEXED_BEGINNING = 7;

/**
 * Returns the placeholder values of `matching` for a filter.
 * @throws DomainError `invalid_request` for a range that ends before it begins
 */
export function valuesOf(ctx: Context, filters: FilterMessages) {
  mustBeForward(filters);
  const { memberId: members, status, country, recipient, reference, from, to } = filters;
  return {
    teamId: ctx.actor.teamId as string,
    own: ownMemberScope(ctx.actor, 'messages.see'),
    // A single value and a list are separate placeholders: an index scan stays sorted only below a single value.
    member: members?.length === 1 ? members[0] : undefined,
    members: members && members.length > 1 ? members : undefined,
    status,
    country,
    like: recipient && `${recipient}%`,
    beginning: recipient && recipient.length >= INDEXED_BEGINNING ? recipient.slice(0, INDEXED_BEGINNING) : undefined,
    reference,
    from: from?.toISOString(),
    to: to?.toISOString(),
    idTo: to && new Date(to.getTime() + ID_LAG_MS).toISOString(),
  };
}

/** Returns the condition for the parts of a filter and of a piece of the log that are set. */
export function matching(has: (name: string) => boolean): SQL {
  const m = messages;
  const value = (name: string) => sql.placeholder(name);
  const given = (name: string, condition: SQL) => (has(name) ? condition : undefined);
  // Ids contain a time; partitions and indexes are ordered by id.
  const floor = (name: string) => sql`uuid7_floor(${value(name)}::timestamptz)`;
  return and(
    eq(m.teamId, value('teamId')),
    given('own', eq(m.memberId, value('own'))),
    given('member', eq(m.memberId, value('member'))),
    given('members', sql`${m.memberId} = ANY (${value('members')}::uuid[])`),
    given('status', eq(m.status, value('status'))),
    given('statuses', sql`${m.status} = ANY (${value('statuses')}::text[])`),
    given('country', eq(m.country, value('country'))),
    // Both conditions select the same rows, so that the planner can choose the cheaper index: all numbers with the
    // prefix, or, in order of time, all with the same indexed beginning.
    given('like', sql`${m.recipient} LIKE ${value('like')}`),
    given('beginning', sql`left(${m.recipient}, ${sql.raw(String(INDEXED_BEGINNING))}) = ${value('beginning')}`),
    given('reference', eq(m.reference, value('reference'))),
    given('after', lt(m.id, value('after'))),
    given('since', gte(m.id, value('since'))),
    given('from', sql`${m.createdAt} >= ${value('from')}::timestamptz AND ${m.id} >= ${floor('from')}`),
    given('to', sql`${m.createdAt} < ${value('to')}::timestamptz AND ${m.id} < ${floor('idTo')}`),
    given('near', sql`${m.id} >= ${floor('near')} AND ${m.id} < ${floor('far')}`),
  )!;
}

const messagePage = builtOnce((db, has) =>
  db
    .select(columns)
    .from(messages)
    .where(matching(has))
    .orderBy(has('since') ? asc(messages.id) : desc(messages.id))
    .limit(sql.placeholder('limit'))
    .prepare(UNNAMED),
);

const packedBatch = z.object({ ids: z.array(z.string()), cost: z.string(), balance: z.string() });

/**
 * Stores the answer to a batch as ids for its Idempotency-Key, because the messages are in the log. A replay prints
 * them as they were accepted, whatever their status now.
 */
export const keepBatch: Keep<AcceptedBatch> = {
  pack: ({ data, cost, balance }) =>
    ({
      ids: data.map((message) => message.id),
      cost: cost.toString(),
      balance: balance.toString(),
    }) satisfies z.input<typeof packedBatch>,
  recall: async (ctx, packed) => {
    const { ids, cost, balance } = packedBatch.parse(packed);
    const rows = await ctx.db
      .select(columns)
      .from(messages)
      .where(and(eq(messages.teamId, ctx.actor.teamId), inArray(messages.id, ids)));
    const byId = new Map(rows.map((row) => [row.id, row]));
    const data = ids.flatMap((id) => {
      const row = byId.get(id);
      return row ? [showAccepted(ctx, row)] : [];
    });
    return data.length === ids.length ? { data, cost: BigInt(cost), balance: BigInt(balance) } : null;
  },
};

const showAccepted = (ctx: Context, row: Row): Message => ({
  ...showMessage(ctx, { ...row, errorCode: null, errorDetail: null }),
  cost: row.price * BigInt(row.segments),
  status: 'queued',
  sentAt: null,
  deliveredAt: null,
  failedAt: null,
});

/**
 * Returns one message with every change of its status. A message enters each status at most once, so its timestamps are
 * its history.
 * @throws DomainError `not_found`, also for a message that the actor may not see
 */
export async function getMessage(ctx: Context, id: string): Promise<MessageDetail> {
  const own = ownMemberScope(ctx.actor, 'messages.see');
  const { carrier, carrierRef, attempts } = messages;
  const [found] = await ctx.db
    .select({ ...columns, carrier, carrierRef, attempts })
    .from(messages)
    .where(
      and(eq(messages.teamId, ctx.actor.teamId), eq(messages.id, id), own ? eq(messages.memberId, own) : undefined),
    );
  if (!found) fail('not_found');
  const { carrier: last, carrierRef: ref, attempts: failed, ...row } = found;
  // A member is a customer of the team, to whom the team's carriers are no business.
  const hand = canSeeCarriers(ctx.actor) ? { carrier: last, carrierRef: ref, failed: failed ?? [] } : NO_CARRIER;
  return { ...showMessage(ctx, row), events: eventsOf(row, hand) };
}

/** The hand-over of a message as the actor may see it. */
type HandOver = { carrier: string | null; carrierRef: string | null; failed: Attempt[] };

const NO_CARRIER: HandOver = { carrier: null, carrierRef: null, failed: [] };

/** Returns the history of a message: its statuses with the attempts to hand it over between them. */
function eventsOf(row: Row, { carrier, carrierRef, failed }: HandOver): MessageEvent[] {
  const event = (status: MessageStatus, at: Date | null, more: Partial<MessageEvent> = {}): MessageEvent[] =>
    at ? [{ status, at, detail: null, carrier: null, carrierRef: null, code: null, ...more }] : [];
  return [
    ...event('queued', row.createdAt),
    ...failed.flatMap(({ at, ...attempt }) =>
      event('queued', new Date(at), { carrier: attempt.carrier, code: attempt.code, detail: attempt.detail }),
    ),
    ...event('sent', row.sentAt, { carrier, carrierRef }),
    ...event('delivered', row.deliveredAt, { carrier, carrierRef }),
    ...event('failed', row.failedAt, { code: row.errorCode, detail: row.errorDetail }),
  ];
}

/**
 * Returns the first UTC day whose messages visible to the actor are all kept: the day of the oldest message, or the
 * first one after retention. Null without messages. Probes one index per partition.
 */
export async function firstKeptDay(ctx: Context): Promise<string | null> {
  const own = ownMemberScope(ctx.actor, 'messages.see');
  const [row] = await ctx.db
    .select({ day: sql<string>`greatest((${messages.createdAt} AT TIME ZONE 'UTC')::date, ${KEPT_FROM})::text` })
    .from(messages)
    .where(and(eq(messages.teamId, ctx.actor.teamId), own ? eq(messages.memberId, own) : undefined))
    .orderBy(asc(messages.id))
    .limit(1);
  return row?.day ?? null;
}

/**
 * Returns the member that a message is sent for: the actor's own, or the one an owner names.
 * @throws DomainError `owner_required` when a member names one
 */
export function sendingMember(ctx: Context, onBehalfOf: string | null): string {
  may(ctx.actor, 'messages.send');
  if (ctx.actor.type !== 'member') return onBehalfOf ?? fail('not_found');
  if (onBehalfOf === null) return ctx.actor.memberId;
  return ctx.actor.role === 'owner' ? onBehalfOf : fail('owner_required');
}

/**
 * Prices messages by the team's rate card.
 * @param many whether error pointers contain the index in the batch
 * @throws DomainError `unroutable_number`, `no_rate`, `invalid_request`, with a pointer to each invalid message
 */
export function priceAll(
  wanted: NewMessage[],
  team: { findRate: FindRate; defaultSender: string | null },
  many: boolean,
): { rows: PricedMessage[]; cost: bigint; segments: number } {
  const priced = wanted.map((message) => priceMessage(message, team.findRate, team.defaultSender));
  const rows: PricedMessage[] = [];
  const errors = priced.flatMap((row, i) => {
    if ('cost' in row) {
      rows.push(row);
      return [];
    }
    return [{ pointer: `${many ? `/messages/${i}` : ''}/${row.field}`, code: row.code, detail: row.detail }];
  });
  const [first] = errors;
  if (first) fail(first.code, { errors, detail: first.detail });
  const cost = rows.reduce((sum, row) => sum + row.cost, 0n);
  return { rows, cost, segments: rows.reduce((sum, row) => sum + row.segments, 0) };
}

/**
 * Returns the next team after `after` with messages queued for a carrier. The dispatcher visits teams in turn, so that no
 * team's batch starves another.
 */
export async function nextQueuedTeam(db: Db, carrier: string, after: string | null): Promise<TeamId | null> {
  const { rows } = await db.execute<{ team_id: string }>(sql`
    SELECT team_id FROM messages WHERE status = 'queued' AND carrier = ${carrier} AND (claimed_until IS NULL OR claimed_until < now())
      AND team_id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid ORDER BY team_id LIMIT 1`);
  return rows[0] ? asTeamId(rows[0].team_id) : null;
}

/** Returns messages that a carrier has accepted but not reported on, over all teams. */
export async function listAwaited(db: Db, carrier: string): Promise<{ teamId: TeamId; id: string; to: string }[]> {
  const { rows } = await db.execute<{ team_id: string; id: string; recipient: string }>(
    sql`SELECT team_id, id, recipient FROM messages WHERE status = 'sent' AND carrier = ${carrier} ORDER BY id`,
  );
  return rows.map((row) => ({ teamId: asTeamId(row.team_id), id: row.id, to: row.recipient }));
}

const EXPIRE_AT_ONCE = 1_000;

/** A message that is older than its validity and not final. */
export type ExpiredMessage = { teamId: TeamId; id: string; status: 'queued' | 'sent' };

/** Returns messages that were not handed over, or not reported on, within their validity, over all teams. */
export async function listExpired(db: Db, validityHours: number): Promise<ExpiredMessage[]> {
  const until = sql`id < uuid7_floor(now() - make_interval(hours => ${validityHours}))`;
  const { rows } = await db.execute<{ team_id: string; id: string; status: 'queued' | 'sent' }>(sql`
    (SELECT team_id, id, status FROM messages WHERE status = 'sent' AND ${until} ORDER BY id LIMIT ${EXPIRE_AT_ONCE})
    UNION ALL
    (SELECT team_id, id, status FROM messages WHERE status = 'queued' AND ${until} AND (claimed_until IS NULL OR claimed_until < now())
      LIMIT ${EXPIRE_AT_ONCE})`);
  return rows.map((row) => ({ teamId: asTeamId(row.team_id), id: row.id, status: row.status }));
}
