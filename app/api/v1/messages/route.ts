import { pageOfSchema } from '@/server/domain/lists';
import { listMessages } from '@/server/domain/messages/read';
import { messageListInput, messageSchema, newMessageInput } from '@/server/domain/messages/schema';
import { sendMessage } from '@/server/domain/messages/write';
import { printMessages } from '@/server/http/exports';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages', {
  GET: operation({
    id: 'listMessages',
    summary: 'The message log, newest first',
    query: messageListInput,
    reply: pageOfSchema(messageSchema),
    csv: printMessages,
    verb: (ctx, { query }) => listMessages(ctx, query),
  }),
  POST: operation({
    id: 'sendMessage',
    summary: 'Send a message: it is charged and queued at once',
    body: newMessageInput,
    reply: messageSchema,
    status: 202,
    onBehalf: true,
    verb: (ctx, { body, onBehalfOf }) => sendMessage(ctx, { onBehalfOf, message: body }),
  }),
});
