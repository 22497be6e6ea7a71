import { estimateMessages } from '@/server/domain/messages/read';
import { estimateSchema, newMessageInput } from '@/server/domain/messages/schema';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages/estimate', {
  POST: operation({
    id: 'estimateMessage',
    summary: 'What a message would cost, and whether the money suffices',
    body: newMessageInput,
    reply: estimateSchema,
    onBehalf: true,
    verb: (ctx, { body, onBehalfOf }) => estimateMessages(ctx, { onBehalfOf, messages: [body], many: false }),
  }),
});
