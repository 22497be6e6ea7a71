import { z } from 'zod';
import { exportAuditEvents } from '@/server/domain/teams/audit/read';
import { auditEventSchema, type AuditFilters } from '@/server/domain/teams/audit/schema';
import type { Context } from '@/server/domain/core/context';
import { printId } from '@/server/domain/core/ids';
import { exportTransfers } from '@/server/domain/billing/ledger/read';
import { namedTransferSchema, type TransferFilters } from '@/server/domain/billing/ledger/schema';
import { exportMemberList, exportMembers } from '@/server/domain/teams/members/read';
import {
  memberSchema,
  memberRowSchema,
  type ExportMembers,
  type FilterMembers,
} from '@/server/domain/teams/members/schema';
import { exportLog } from '@/server/domain/messaging/message-log/read';
import type { LogFilters, NamedMessage } from '@/server/domain/messaging/message-log/schema';
import { exportMessages } from '@/server/domain/messaging/messages/read';
import type { Message } from '@/server/domain/messaging/messages/schema';
import { printAmount } from '@/server/domain/core/money';
import { exportRates } from '@/server/domain/billing/rates/read';
import { rateSchema, type FilterRates } from '@/server/domain/billing/rates/schema';
import { exportUsage, usageReport } from '@/server/domain/messaging/usage/read';
import {
  usageGroupSchema,
  usageSchema,
  type ExportUsage,
  type UsageInput,
} from '@/server/domain/messaging/usage/schema';
import type { Columns, Rows } from './operation';

const instant = (at: Date | null): string | null => at && at.toISOString();

// Prints field by field, as the schema would: encoded copies of a million rows would be most of the garbage.
const MESSAGE_COLUMNS = {
  id: (message) => printId('msg', message.id),
  memberId: (message) => printId('mem', message.memberId),
  to: (message) => message.to,
  from: { text: (message) => message.from },
  body: { text: (message) => message.body },
  country: (message) => message.country,
  encoding: (message) => message.encoding,
  segments: (message) => message.segments,
  price: (message) => printAmount(message.price),
  cost: (message) => printAmount(message.cost),
  currency: (message) => message.currency,
  status: (message) => message.status,
  errorCode: { text: (message) => message.error?.code ?? null },
  errorDetail: { text: (message) => message.error?.detail ?? null },
  reference: { text: (message) => message.reference },
  createdAt: (message) => instant(message.createdAt),
  sendAt: (message) => instant(message.sendAt),
  sentAt: (message) => instant(message.sentAt),
  deliveredAt: (message) => instant(message.deliveredAt),
  failedAt: (message) => instant(message.failedAt),
} satisfies Columns<Message>;

/** Returns all messages under a filter. */
export const messageRows = (ctx: Context, filters: LogFilters): Rows => ({
  columns: MESSAGE_COLUMNS,
  pages: exportMessages(ctx, filters),
});

const { id, memberId, ...others } = MESSAGE_COLUMNS;
const LOG_COLUMNS: Columns<NamedMessage> = {
  id,
  memberId,
  memberName: { text: ({ member }) => member.name },
  ...others,
};

/** Returns the page of the message log under a filter, with the members' names. */
export const namedMessageRows = (ctx: Context, filters: LogFilters): Rows => ({
  columns: LOG_COLUMNS,
  pages: exportLog(ctx, filters),
});

type WireMemberRow = z.input<typeof memberRowSchema>;

type WireMember = z.input<typeof memberSchema>;

const WHO = {
  id: (member) => member.id,
  name: { text: (member) => member.name },
  email: { text: (member) => member.email },
  role: (member) => member.role,
  status: (member) => member.status,
  balance: (member) => member.balance,
  currency: (member) => member.currency,
} satisfies Columns<WireMember>;

const STANDING = {
  recharge: (member) => member.recharge?.state ?? null,
  rechargeReason: (member) => member.recharge?.reason ?? null,
  keyPrefix: (member) => member.apiKey?.prefix ?? null,
  keyLast4: (member) => member.apiKey?.last4 ?? null,
  keyLastUsedAt: (member) => member.apiKey?.lastUsedAt ?? null,
  externalId: { text: (member) => member.externalId },
  createdAt: (member) => member.createdAt,
  deletedAt: (member) => member.deletedAt,
} satisfies Columns<WireMember>;

/** Returns all members under a filter, newest first. */
export const memberRows = (ctx: Context, filters: FilterMembers): Rows => ({
  columns: { ...WHO, ...STANDING },
  pages: encoded(memberSchema, exportMemberList(ctx, filters)),
});

const MEMBER_PAGE_COLUMNS: Columns<WireMemberRow> = {
  ...WHO,
  email: { text: (membership) => (membership.emailGenerated ? null : membership.email) },
  messages30Days: (membership) => membership.usage.messages,
  cost30Days: (membership) => membership.usage.cost,
  ...STANDING,
};

/** Returns all members under a filter, in the order of the page. */
export const memberPageRows = (ctx: Context, input: ExportMembers): Rows => ({
  columns: MEMBER_PAGE_COLUMNS,
  pages: encoded(memberRowSchema, exportMembers(ctx, input)),
});

type WireTransfer = z.input<typeof namedTransferSchema>;

const TRANSFER_COLUMNS: Columns<WireTransfer> = {
  id: (transfer) => transfer.id,
  createdAt: (transfer) => transfer.createdAt,
  kind: (transfer) => transfer.kind,
  from: (transfer) => transfer.from,
  to: (transfer) => transfer.to,
  amount: (transfer) => transfer.amount,
  currency: (transfer) => transfer.currency,
  memberId: (transfer) => transfer.memberId,
  memberName: { text: (transfer) => transfer.member?.name ?? null },
  memberBalanceAfter: (transfer) => transfer.balanceAfter.member ?? null,
  masterBalanceAfter: (transfer) => transfer.balanceAfter.master ?? null,
  actorType: (transfer) => transfer.actor.type,
  actorName: { text: (transfer) => transfer.actor.name },
  note: { text: (transfer) => transfer.note },
  noteForMember: { text: (transfer) => transfer.noteForMember },
  reversalOf: (transfer) => transfer.reversalOf,
  reversedBy: (transfer) => transfer.reversedBy,
  messageId: (transfer) => transfer.messageId,
};

/** Returns all transfers under a filter, newest first. */
export const transferRows = (ctx: Context, filters: TransferFilters): Rows => ({
  columns: TRANSFER_COLUMNS,
  pages: encoded(namedTransferSchema, exportTransfers(ctx, filters)),
});

type WireEvent = z.input<typeof auditEventSchema>;

const facts = (of: WireEvent['before']): string | null => of && JSON.stringify(of);

const EVENT_COLUMNS: Columns<WireEvent> = {
  id: (event) => event.id,
  at: (event) => event.at,
  action: (event) => event.action,
  actorType: (event) => event.actor.type,
  actorId: (event) => event.actor.id,
  actorName: { text: (event) => event.actor.name },
  channel: (event) => event.channel,
  address: (event) => event.address,
  requestId: (event) => event.requestId,
  targetType: (event) => event.targetType,
  targetId: (event) => event.targetId,
  targetName: { text: (event) => event.targetName },
  before: { text: (event) => facts(event.before) },
  after: { text: (event) => facts(event.after) },
};

/** Returns the audit log under a filter, newest first. */
export const auditRows = (ctx: Context, { memberId, action, actor, channel, from, to }: AuditFilters): Rows => ({
  columns: EVENT_COLUMNS,
  pages: encoded(auditEventSchema, exportAuditEvents(ctx, { memberId, action, actor, channel, from, to })),
});

type WireRate = z.input<typeof rateSchema>;

const RATE_COLUMNS: Columns<WireRate> = {
  country: (rate) => rate.country,
  prefix: (rate) => rate.prefix,
  price: (rate) => rate.price,
};

/** Returns the rate card under a filter, in the CSV form of an import. */
export const rateRows = (ctx: Context, filters: FilterRates): Rows => ({
  columns: RATE_COLUMNS,
  pages: encoded(rateSchema, exportRates(ctx, filters)),
});

type WireUsage = z.input<typeof usageSchema>['data'][number];

type WireFigures = Pick<WireUsage, 'messages' | 'segments' | 'delivered' | 'failed' | 'cost'>;

const FIGURES = {
  messages: (row: WireFigures) => row.messages,
  segments: (row: WireFigures) => row.segments,
  delivered: (row: WireFigures) => row.delivered,
  failed: (row: WireFigures) => row.failed,
  cost: (row: WireFigures) => row.cost,
} satisfies Columns<WireFigures>;

const GROUP_COLUMN: Record<UsageInput['groupBy'], Columns<WireUsage>> = {
  member: { memberId: (row) => row.memberId ?? '' },
  day: { day: (row) => row.day ?? '' },
  country: { country: (row) => row.country ?? '' },
};

/** Returns the usage report, without its total. */
export const usageRows = (ctx: Context, input: UsageInput): Rows => ({
  columns: { ...GROUP_COLUMN[input.groupBy], ...FIGURES },
  pages: usagePages(ctx, input),
});

async function* usagePages(ctx: Context, input: UsageInput): AsyncGenerator<WireUsage[]> {
  yield z.encode(usageSchema, await usageReport(ctx, input)).data;
}

type WireGroup = z.input<typeof usageGroupSchema>;

const KEY_COLUMNS: Record<ExportUsage['groupBy'], Columns<WireGroup>> = {
  member: {
    memberId: (row) => row.key,
    memberName: { text: (row) => row.member?.name ?? null },
    memberStatus: (row) => row.member?.status ?? null,
  },
  day: { day: (row) => row.key },
  country: { country: (row) => row.key },
};

const COMPARED: Columns<WireGroup> = Object.fromEntries([
  ...Object.entries(FIGURES).map(([name, print]) => [name, (row: WireGroup) => print(row.now)]),
  ...Object.entries(FIGURES).map(([name, print]) => [`${name}Before`, (row: WireGroup) => print(row.before)]),
]);

/** Returns all groups of the statistics in the order of the page, each beside the previous period. */
export const statisticsRows = (ctx: Context, input: ExportUsage): Rows => ({
  columns: { ...KEY_COLUMNS[input.groupBy], ...COMPARED },
  pages: encoded(usageGroupSchema, exportUsage(ctx, input)),
});

async function* encoded<W, T>(schema: z.ZodType<T, W>, pages: AsyncIterable<T[]>): AsyncGenerator<W[]> {
  for await (const page of pages) yield page.map((row) => z.encode(schema, row));
}
