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
    covered: z.boolean().meta({ description: 'Whether the balance covers the cost, auto-recharge included.' }),
    balanceAfter: moneyCodec.nullable(),
  })
  .meta({ id: 'Estimate' });
export type Estimate = z.output<typeof estimateSchema>;

/** One text to many recipients, while it is being written: it may still be empty. */
export const previewMessagesInput = z.strictObject({
  from: senderSchema.optional(),
  body: boundedText(2 * BODY_MAX, `Must have at most ${BODY_MAX} characters.`).refine(
    (text) => Array.from(text).length <= BODY_MAX,
    `Must have at most ${BODY_MAX} characters.`,
  ),
  // An overlong number is accepted here and reported as an invalid recipient beside the valid ones.
  to: z
    .array(boundedText(1_000).transform((text) => text.slice(0, 64)))
    .max(BATCH_MAX, `Must have at most ${BATCH_MAX} recipients.`),
});
export type PreviewMessages = z.output<typeof previewMessagesInput> & { onBehalfOf: string | null };

/** The preview: for each recipient its price and cost, or an error. */
export const messagesPreviewSchema = z.object({
  encoding: z.enum(['gsm7', 'ucs2']),
  segments: z.int().meta({ description: 'Segments of the text, per recipient.' }),
  sender: z.string().nullable().meta({ description: 'Null if none is given and the team has no default sender.' }),
  rows: z.array(
    z.object({
      to: z.string(),
      country: z.string().nullable(),
      price: moneyCodec.nullable(),
      cost: moneyCodec.nullable(),
      error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    }),
  ),
  repeated: z.int().meta({ description: 'Number of duplicate recipients.' }),
  cost: moneyCodec.meta({ description: 'Total cost for all valid recipients.' }),
  payer: z.enum(['master', 'member']),
  balance: moneyCodec,
  covered: z.boolean(),
  balanceAfter: moneyCodec.nullable(),
});
export type MessagesPreview = z.output<typeof messagesPreviewSchema>;
