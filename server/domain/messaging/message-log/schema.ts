import { z } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';
import { namedTransferSchema } from '@/server/domain/billing/ledger/schema';
import { limitAsNumber } from '@/server/domain/core/pagination';
import { messageDetailSchema, messageListInput, messageSchema } from '../messages/schema';
import { boundedText } from '@/server/domain/core/validation';
import { MESSAGE_STATUSES } from '../messages/rules';

/** What narrows the log: on its page, in its counts and in its file alike. */
export const logFilters = messageListInput.omit({ limit: true, cursor: true });
export type LogFilters = z.output<typeof logFilters>;

export const browseMessagesInput = logFilters.extend({
  ...limitAsNumber,
  cursor: messageListInput.shape.cursor,
  way: z.enum(['older', 'newer']).default('older').meta({ description: 'Which way to go on from the cursor.' }),
});
export type BrowseMessages = z.output<typeof browseMessagesInput>;

const named = { member: z.object({ id: idCodec('mem'), name: z.string() }) };

/** A message with the member that sent it, by name. */
export const namedMessageSchema = messageSchema.extend(named);
export type NamedMessage = z.output<typeof namedMessageSchema>;

/** A page of the log, and the ways on from it. */
export const logPageSchema = z.object({
  data: z.array(namedMessageSchema),
  older: z.string().nullable().meta({ description: 'A cursor: what is older than these.' }),
  top: z
    .string()
    .nullable()
    .meta({ description: 'A cursor just above these: they are asked for again with it, or what is newer.' }),
  newer: z
    .int()
    .nullable()
    .meta({ description: 'How many are newer, counted up to a limit; null for the newest page itself.' }),
});
export type LogPage = z.output<typeof logPageSchema>;

/** A message whole: with its history, its member and the money that it moved. */
export const wholeMessageSchema = z.object({
  message: messageDetailSchema.extend(named),
  transfers: z.array(namedTransferSchema),
});
export type WholeMessage = z.output<typeof wholeMessageSchema>;

const count = z.int().nullable().meta({ description: 'Null: not counted.' });

/** How many messages a filter shows: by day, and by each of what it could be narrowed to. */
export const facetsSchema = z.object({
  from: z.iso.date(),
  to: z.iso.date().meta({ description: 'The day after the last one.' }),
  source: z
    .enum(['sums', 'log', 'none'])
    .meta({ description: 'Where it was counted: in the daily sums, in the log, or nowhere, as the range is long.' }),
  total: count,
  days: z
    .array(z.object({ day: z.iso.date(), messages: z.int(), failed: z.int() }))
    .nullable()
    .meta({ description: 'Every day of the range; null for a range too long to show.' }),
  statuses: z.array(
    z.object({
      status: z.enum(MESSAGE_STATUSES),
      messages: z.int(),
      more: z.boolean().meta({ description: 'There are more than were counted.' }),
    }),
  ),
  countries: z.array(z.object({ country: z.string(), messages: count })),
});

export type Facets = z.output<typeof facetsSchema>;

export const pickSendersInput = logFilters.omit({ memberId: true }).extend({ query: boundedText(120).optional() });

export type PickSenders = z.output<typeof pickSendersInput>;

/** Members whose messages may be looked for, each with how many a filter shows of it. */
export const sendersSchema = z.object({
  data: z.array(z.object({ id: idCodec('mem'), name: z.string(), messages: count })),
});

export type Senders = z.output<typeof sendersSchema>;

/** How many rows a file of the log will have; null: too many to count in time. */
export const exportSizeSchema = z.object({ rows: z.int().nullable() });

export type ExportSize = z.output<typeof exportSizeSchema>;
