import { pageOfSchema } from '@/server/domain/lists';
import { estimateMessages, getMessage, keepBatch, listMessages } from '@/server/domain/messages/read';
import {
  acceptedBatchSchema,
  batchInput,
  estimateSchema,
  messageDetailSchema,
  messageListInput,
  messageSchema,
  newMessageInput,
} from '@/server/domain/messages/schema';
import { sendBatch, sendMessage } from '@/server/domain/messages/write';
import { estimateOnBehalf, onBehalf, oneMessage, paged } from './inputs';
import { mutation, query, router } from './procedures';

export const messages = router({
  sendMessage: mutation({
    input: newMessageInput.extend(onBehalf),
    reply: messageSchema,
    verb: (ctx, { onBehalfOf, ...message }) => sendMessage(ctx, { onBehalfOf, message }),
  }),
  sendBatch: mutation({
    input: batchInput.extend(onBehalf),
    reply: acceptedBatchSchema,
    keep: keepBatch,
    verb: sendBatch,
  }),
  estimateMessages: query({
    input: estimateOnBehalf,
    reply: estimateSchema,
    verb: (ctx, { onBehalfOf, ...wanted }) => estimateMessages(ctx, { onBehalfOf, wanted }),
  }),
  listMessages: query({
    input: messageListInput.extend(paged),
    reply: pageOfSchema(messageSchema),
    verb: listMessages,
  }),
  getMessage: query({
    input: oneMessage,
    reply: messageDetailSchema,
    verb: (ctx, { messageId }) => getMessage(ctx, messageId),
  }),
});
