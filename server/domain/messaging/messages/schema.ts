import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { countryInput, idFilter, instantInput, listInput, oneOrMore } from '@/server/domain/core/pagination';
import { normalizeBeginning, NUMBER_TEXT_MAX } from '@/server/domain/core/phone-numbers';
import { senderSchema } from '@/server/domain/core/fields';
import { BATCH_MAX, BODY_MAX, MESSAGE_STATUSES, REFERENCE_MAX } from './rules';

const characters = (max: number) => (text: string) => text.length > 0 && Array.from(text).length <= max;
const text = (max: number) =>
  boundedText(2 * max, `must have 1 to ${max} characters.`)
    .refine(characters(max), `must have 1 to ${max} characters.`)
    .meta({ minLength: 1, maxLength: max });

/** One message to one recipient. The rate card decides later whether the number can be reached. */
export const newMessageInput = z
  .strictObject({
    to: boundedText(NUMBER_TEXT_MAX).meta({ description: 'Recipient in E.164 format.', examples: ['+14155550100'] }),
    from: senderSchema.optional().meta({ description: "Sender; defaults to the team's default sender." }),
    body: text(BODY_MAX),
    reference: text(REFERENCE_MAX)
      .optional()
      .meta({ description: 'Your own reference, by which the log can be searched.' }),
  })
  .meta({ id: 'NewMessage' });
export type NewMessage = z.output<typeof newMessageInput>;

/** The size limit of a request, which fits a batch of the longest texts, escaped. */
export const BATCH_MAX_BYTES = 8 * 1_048_576;

export const batchInput = z.strictObject({
  messages: z
    .array(newMessageInput)
    .min(1, 'Must have at least one message.')
    .max(BATCH_MAX, `At most ${BATCH_MAX} messages.`),
});

export const messageSchema = z
  .object({
    id: idCodec('msg'),
    memberId: idCodec('mem'),
    to: z.string(),
    from: z.string(),
    body: z.string().meta({
      description: "Empty once it was deleted: after the team's retention period, or with the data of an erased user.",
    }),
    country: z.string(),
    encoding: z.enum(['gsm7', 'ucs2']),
    segments: z.int(),
    price: moneyCodec.meta({ description: 'Price per segment, fixed at acceptance.' }),
    cost: moneyCodec.meta({ description: 'Amount charged: segments × price; 0.00 once refunded.' }),
    currency: z.string(),
    status: z.enum(MESSAGE_STATUSES),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    reference: z.string().nullable(),
    createdAt: instantCodec,
    sendAt: instantCodec.nullable(),
    sentAt: instantCodec.nullable(),
    deliveredAt: instantCodec.nullable(),
    failedAt: instantCodec.nullable(),
  })
  .meta({ id: 'Message' });
export type Message = z.output<typeof messageSchema>;

/** A change of a message's status, or an attempt to hand it over that did not succeed. */
const messageEventSchema = z.object({
  status: z
    .enum(MESSAGE_STATUSES)
    .meta({ description: 'The status from then on; an attempt that failed leaves it queued.' }),
  at: instantCodec,
  detail: z.string().nullable(),
  carrier: z.string().nullable().meta({ description: 'The carrier of this event. Only owners see it.' }),
  carrierRef: z.string().nullable().meta({ description: "The carrier's own id of the message. Only owners see it." }),
  code: z.string().nullable().meta({ description: "The carrier's error code, or ours." }),
});
export type MessageEvent = z.output<typeof messageEventSchema>;

/** A message with every change of its status. */
export const messageDetailSchema = messageSchema
  .extend({
    events: z.array(messageEventSchema),
  })
  .meta({ id: 'MessageDetail' });
export type MessageDetail = z.output<typeof messageDetailSchema>;

export const acceptedBatchSchema = z
  .object({
    data: z.array(messageSchema),
    cost: moneyCodec.meta({ description: 'Total cost of the batch.' }),
    balance: moneyCodec.meta({ description: "Balance after the charge: the member's balance, or the master balance." }),
  })
  .meta({ id: 'AcceptedBatch' });
export type AcceptedBatch = z.output<typeof acceptedBatchSchema>;

const BEGINNING = /^\+[0-9]{1,15}$/;

export const messageListInput = z.strictObject({
  ...listInput,
  memberId: oneOrMore(idFilter('mem'), 100)
    .optional()
    .meta({ description: 'Repeat the parameter for several members.' }),
  status: z.enum(MESSAGE_STATUSES).optional(),
  country: countryInput.optional(),
  recipient: boundedText(NUMBER_TEXT_MAX)
    .transform(normalizeBeginning)
    .refine((text) => BEGINNING.test(text), 'must be a number in E.164, or its beginning, such as +1415.')
    .meta({ description: 'A number or its beginning; spaces and punctuation are ignored.', examples: ['+1415'] })
    .optional(),
  reference: boundedText(REFERENCE_MAX).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
});
export type ListMessages = z.output<typeof messageListInput>;
