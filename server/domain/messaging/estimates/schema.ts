import { z } from 'zod';
import { moneyCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { batchInput, newMessageInput } from '../messages/schema';
import { senderSchema } from '@/server/domain/core/fields';
import { BATCH_MAX, BODY_MAX } from '../messages/rules';

/** One message, or a batch. */
export const estimateInput = z.union([newMessageInput, batchInput]);
export type EstimateMessages = z.output<typeof estimateInput>;

export const estimateSchema = z
  .object({
    segments: z.int(),
    cost: moneyCodec,
    covered: z.boolean().meta({ description: 'Whether the money would suffice, auto-recharge included.' }),
    balanceAfter: moneyCodec.nullable(),
  })
  .meta({ id: 'Estimate' });
export type Estimate = z.output<typeof estimateSchema>;

/** One text to many, as it is being written: it may still be empty. */
export const previewMessagesInput = z.strictObject({
  from: senderSchema.optional(),
  body: boundedText(2 * BODY_MAX, `At most ${BODY_MAX} characters.`).refine(
    (text) => Array.from(text).length <= BODY_MAX,
    `At most ${BODY_MAX} characters.`,
  ),
  // What is too long for a number is one that cannot be reached, beside those that can.
  to: z
    .array(boundedText(1_000).transform((text) => text.slice(0, 64)))
    .max(BATCH_MAX, `At most ${BATCH_MAX} recipients.`),
});
export type PreviewMessages = z.output<typeof previewMessagesInput> & { onBehalfOf: string | null };

/** What it would be: of each recipient its price and cost, or why it cannot be sent to. */
export const messagesPreviewSchema = z.object({
  encoding: z.enum(['gsm7', 'ucs2']),
  segments: z.int().meta({ description: 'Of the text, to one recipient.' }),
  sender: z.string().nullable().meta({ description: 'Null: none was named, and the team has no default one.' }),
  rows: z.array(
    z.object({
      to: z.string(),
      country: z.string().nullable(),
      price: moneyCodec.nullable(),
      cost: moneyCodec.nullable(),
      error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    }),
  ),
  repeated: z.int().meta({ description: 'How many of the recipients were named before.' }),
  cost: moneyCodec.meta({ description: 'Of all that can be sent.' }),
  payer: z.enum(['master', 'member']),
  balance: moneyCodec,
  covered: z.boolean(),
  balanceAfter: moneyCodec.nullable(),
});
export type MessagesPreview = z.output<typeof messagesPreviewSchema>;
