import { z } from 'zod';
import type { Ctx } from '@/server/domain/ctx';
import { exportMessages } from '@/server/domain/messages/read';
import { messageSchema, type ListMessages } from '@/server/domain/messages/schema';
import { usageReport } from '@/server/domain/reports/read';
import { usageSchema, type UsageInput } from '@/server/domain/reports/schema';
import { printCsv, type Columns } from './csv';

type Wire = z.input<typeof messageSchema>;

const MESSAGE_COLUMNS: Columns<Wire> = {
  id: (message) => message.id,
  memberId: (message) => message.memberId,
  to: (message) => message.to,
  from: { text: (message) => message.from },
  body: { text: (message) => message.body },
  country: (message) => message.country,
  encoding: (message) => message.encoding,
  segments: (message) => message.segments,
  price: (message) => message.price,
  cost: (message) => message.cost,
  currency: (message) => message.currency,
  status: (message) => message.status,
  errorCode: { text: (message) => message.error?.code ?? null },
  errorDetail: { text: (message) => message.error?.detail ?? null },
  reference: { text: (message) => message.reference },
  createdAt: (message) => message.createdAt,
  sendAt: (message) => message.sendAt,
  sentAt: (message) => message.sentAt,
  deliveredAt: (message) => message.deliveredAt,
  failedAt: (message) => message.failedAt,
};

/** All messages under a filter, as CSV. */
export const printMessages = (ctx: Ctx, filters: ListMessages): AsyncGenerator<string> =>
  printCsv(MESSAGE_COLUMNS, encoded(messageSchema, exportMessages(ctx, filters)));

type WireUsage = z.input<typeof usageSchema>['data'][number];

const FIGURES: Columns<WireUsage> = {
  messages: (row) => row.messages,
  segments: (row) => row.segments,
  delivered: (row) => row.delivered,
  failed: (row) => row.failed,
  cost: (row) => row.cost,
};

const GROUP_COLUMN: Record<UsageInput['groupBy'], Columns<WireUsage>> = {
  member: { memberId: (row) => row.memberId ?? '' },
  day: { day: (row) => row.day ?? '' },
  country: { country: (row) => row.country ?? '' },
};

/** The usage report as CSV, without its total. */
export const printUsage = (ctx: Ctx, input: UsageInput): AsyncGenerator<string> =>
  printCsv({ ...GROUP_COLUMN[input.groupBy], ...FIGURES }, usagePages(ctx, input));

async function* usagePages(ctx: Ctx, input: UsageInput): AsyncGenerator<WireUsage[]> {
  yield z.encode(usageSchema, await usageReport(ctx, input)).data;
}

async function* encoded<W, T>(schema: z.ZodType<T, W>, pages: AsyncIterable<T[]>): AsyncGenerator<W[]> {
  for await (const page of pages) yield page.map((row) => z.encode(schema, row));
}
