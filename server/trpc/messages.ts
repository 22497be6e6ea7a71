import { pageOfSchema } from '@/server/domain/lists';
import { estimateMessages, previewMessages } from '@/server/domain/estimates/read';
import { estimateSchema, messagesPreviewSchema, previewMessagesInput } from '@/server/domain/estimates/schema';
import { browseFacets, pickSenders, previewExport } from '@/server/domain/facets/read';
import { exportSizeSchema, facetsSchema, pickSendersInput, sendersSchema } from '@/server/domain/facets/schema';
import { browseMessages, inspectMessage } from '@/server/domain/logs/read';
import { browseMessagesInput, logFilters, logPageSchema, wholeMessageSchema } from '@/server/domain/logs/schema';
import { getMessage, keepBatch, listMessages } from '@/server/domain/messages/read';
import {
  acceptedBatchSchema,
  batchInput,
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
