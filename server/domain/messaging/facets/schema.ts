import { z } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { logFilters } from '../message-log/schema';
import { MESSAGE_STATUSES } from '../texts/rules';

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
