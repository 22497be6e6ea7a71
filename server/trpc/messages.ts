import { limitAsNumber, pageOfSchema } from '@/server/domain/lists';
import { estimateMessages, getMessage, listMessages } from '@/server/domain/messages/read';
import {
  estimateSchema,
  messageDetailSchema,
  messageListInput,
  messageSchema,
  newMessageInput,
} from '@/server/domain/messages/schema';
import { sendMessage } from '@/server/domain/messages/write';
import { onBehalf, oneMessage } from './inputs';
import { mutation, query, router } from './procedures';

export const messages = router({
  sendMessage: mutation({
    input: newMessageInput.extend(onBehalf),
    reply: messageSchema,
    verb: (ctx, { onBehalfOf, ...message }) => sendMessage(ctx, { onBehalfOf, message }),
  }),
  estimateMessage: query({
    input: newMessageInput.extend(onBehalf),
    reply: estimateSchema,
    verb: (ctx, { onBehalfOf, ...message }) => estimateMessages(ctx, { onBehalfOf, messages: [message], many: false }),
  }),
  listMessages: query({
    input: messageListInput.extend(limitAsNumber),
    reply: pageOfSchema(messageSchema),
    verb: listMessages,
  }),
  getMessage: query({
    input: oneMessage,
    reply: messageDetailSchema,
    verb: (ctx, { messageId }) => getMessage(ctx, messageId),
  }),
});
