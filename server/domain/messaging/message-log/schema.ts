import { z } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';
import { namedTransferSchema } from '@/server/domain/billing/ledger/schema';
import { limitAsNumber } from '@/server/domain/core/pagination';
import { messageDetailSchema, messageListInput, messageSchema } from '../messages/schema';

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
