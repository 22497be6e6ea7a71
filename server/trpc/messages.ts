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
  browseMessages: query({ input: browseMessagesInput, reply: logPageSchema, verb: browseMessages }),
  browseFacets: query({ input: logFilters, reply: facetsSchema, verb: browseFacets }),
  pickSenders: query({ input: pickSendersInput, reply: sendersSchema, verb: pickSenders }),
  previewExport: query({ input: logFilters, reply: exportSizeSchema, verb: previewExport }),
  previewMessages: query({
    input: previewMessagesInput.extend(onBehalf),
    reply: messagesPreviewSchema,
    verb: previewMessages,
  }),
  inspectMessage: query({
    input: oneMessage,
    reply: wholeMessageSchema,
    verb: (ctx, { messageId }) => inspectMessage(ctx, messageId),
  }),
});
