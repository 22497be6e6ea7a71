import { pageOfSchema } from '@/server/domain/core/pagination';
import { listMessages } from '@/server/domain/messaging/messages/read';
import { messageListInput, messageSchema, newMessageInput } from '@/server/domain/messaging/messages/schema';
import { sendMessage } from '@/server/domain/messaging/messages/write';
import { delivered, exampleId, message, newMessage } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages', {
  GET: operation({
    id: 'listMessages',
    summary: 'List messages, newest first',
    query: messageListInput,
    reply: pageOfSchema(messageSchema),
    example: {
      query: { memberId: exampleId('mem'), status: 'delivered', from: '2026-03-01', limit: '50' },
      reply: { data: [{ ...message, ...delivered }], nextCursor: null },
    },
    run: (ctx, { query }) => listMessages(ctx, query),
  }),
  POST: operation({
    id: 'sendMessage',
    summary: 'Send a message; it is charged and queued at once',
    body: newMessageInput,
    reply: messageSchema,
    status: 202,
    onBehalf: true,
    sends: true,
    errors: ['insufficient_funds', 'member_deleted', 'unroutable_number', 'no_rate'],
    example: { body: newMessage, reply: message },
    run: (ctx, { body, onBehalfOf }) => sendMessage(ctx, { onBehalfOf, message: body }),
  }),
});
