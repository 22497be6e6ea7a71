import { z } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';
import { namedTransferSchema } from '@/server/domain/billing/ledger/schema';
import { limitAsNumber } from '@/server/domain/core/pagination';
import { messageDetailSchema, messageListInput, messageSchema } from '../messages/schema';
import { boundedText } from '@/server/domain/core/validation';
import { MESSAGE_STATUSES } from '../messages/rules';

/** Filters of the log, the same for its page, its counts and its file. */
export const logFilters = messageListInput.omit({ limit: true, cursor: true });
export type LogFilters = z.output<typeof logFilters>;

export const browseMessagesInput = logFilters.extend({
  ...limitAsNumber,
  cursor: messageListInput.shape.cursor,
  way: z.enum(['older', 'newer']).default('older').meta({ description: 'Direction to page from the cursor.' }),
});
export type BrowseMessages = z.output<typeof browseMessagesInput>;

const named = { member: z.object({ id: idCodec('mem'), name: z.string() }) };

/** A message with the name of the member that sent it. */
export const namedMessageSchema = messageSchema.extend(named);
export type NamedMessage = z.output<typeof namedMessageSchema>;

/** A page of the log with cursors in both directions. */
export const logPageSchema = z.object({
  data: z.array(namedMessageSchema),
  older: z.string().nullable().meta({ description: 'Cursor of the next older page.' }),
  top: z
    .string()
    .nullable()
    .meta({ description: 'Cursor just above this page: reloads it, or pages to newer messages.' }),
  newer: z
    .int()
    .nullable()
    .meta({ description: 'Number of newer messages, counted up to a limit; null on the newest page.' }),
});
export type LogPage = z.output<typeof logPageSchema>;

/** A message with its history, its member and the transfers it caused. */
export const wholeMessageSchema = z.object({
  message: messageDetailSchema.extend(named),
  transfers: z.array(namedTransferSchema),
});
export type WholeMessage = z.output<typeof wholeMessageSchema>;

const count = z.int().nullable().meta({ description: 'Null if not counted.' });

/** The number of messages under a filter by day, status and country. */
export const facetsSchema = z.object({
  from: z.iso.date(),
  to: z.iso.date().meta({ description: 'The day after the last day.' }),
  source: z
    .enum(['sums', 'log', 'none'])
    .meta({ description: 'Source of the counts: the daily sums, the log, or none for a long range.' }),
  total: count,
  days: z
    .array(z.object({ day: z.iso.date(), messages: z.int(), failed: z.int() }))
    .nullable()
    .meta({ description: 'Every day of the range; null if the range is too long.' }),
  statuses: z.array(
    z.object({
      status: z.enum(MESSAGE_STATUSES),
      messages: z.int(),
      more: z.boolean().meta({ description: 'Whether there are more than were counted.' }),
    }),
  ),
  countries: z.array(z.object({ country: z.string(), messages: count })),
});

export type Facets = z.output<typeof facetsSchema>;

export const pickSendersInput = logFilters.omit({ memberId: true }).extend({ query: boundedText(120).optional() });

export type PickSenders = z.output<typeof pickSendersInput>;

/** The members to filter the log by, each with its number of messages under the filter. */
export const sendersSchema = z.object({
  data: z.array(z.object({ id: idCodec('mem'), name: z.string(), messages: count })),
});

export type Senders = z.output<typeof sendersSchema>;

/** The number of rows of a file of the log; null if counting them takes too long. */
export const exportSizeSchema = z.object({ rows: z.int().nullable() });

export type ExportSize = z.output<typeof exportSizeSchema>;
