import { pageOfSchema } from '@/server/domain/core/pagination';
import { estimateMessages, previewMessages } from '@/server/domain/messaging/estimates/read';
import {
  estimateSchema,
  messagesPreviewSchema,
  previewMessagesInput,
} from '@/server/domain/messaging/estimates/schema';
import {
  browseMessages,
  inspectMessage,
  browseFacets,
  pickSenders,
  previewExport,
} from '@/server/domain/messaging/message-log/read';
import {
  browseMessagesInput,
  logFilters,
  logPageSchema,
  wholeMessageSchema,
  exportSizeSchema,
  facetsSchema,
  pickSendersInput,
  sendersSchema,
} from '@/server/domain/messaging/message-log/schema';
import { getMessage, keepBatch, listMessages } from '@/server/domain/messaging/messages/read';
import {
  acceptedBatchSchema,
  batchInput,
  messageDetailSchema,
  messageListInput,
  messageSchema,
  newMessageInput,
} from '@/server/domain/messaging/messages/schema';
import { sendBatch, sendMessage } from '@/server/domain/messaging/messages/write';
import { estimateOnBehalf, onBehalf, oneMessage, paged } from './inputs';
import { mutation, query, router } from './procedures';

export const messages = router({
  sendMessage: mutation({
    input: newMessageInput.extend(onBehalf),
    reply: messageSchema,
    run: (ctx, { onBehalfOf, ...message }) => sendMessage(ctx, { onBehalfOf, message }),
  }),
  sendBatch: mutation({
    input: batchInput.extend(onBehalf),
    reply: acceptedBatchSchema,
    keep: keepBatch,
    run: sendBatch,
  }),
  estimateMessages: query({
    input: estimateOnBehalf,
    reply: estimateSchema,
    run: (ctx, { onBehalfOf, ...wanted }) => estimateMessages(ctx, { onBehalfOf, wanted }),
  }),
  listMessages: query({
    input: messageListInput.extend(paged),
    reply: pageOfSchema(messageSchema),
    run: listMessages,
  }),
  getMessage: query({
    input: oneMessage,
    reply: messageDetailSchema,
    run: (ctx, { messageId }) => getMessage(ctx, messageId),
  }),
  browseMessages: query({ input: browseMessagesInput, reply: logPageSchema, run: browseMessages }),
  browseFacets: query({ input: logFilters, reply: facetsSchema, run: browseFacets }),
  pickSenders: query({ input: pickSendersInput, reply: sendersSchema, run: pickSenders }),
  previewExport: query({ input: logFilters, reply: exportSizeSchema, run: previewExport }),
  previewMessages: query({
    input: previewMessagesInput.extend(onBehalf),
    reply: messagesPreviewSchema,
    run: previewMessages,
  }),
  inspectMessage: query({
    input: oneMessage,
    reply: wholeMessageSchema,
    run: (ctx, { messageId }) => inspectMessage(ctx, messageId),
  }),
});
