import { estimateMessages } from '@/server/domain/messages/read';
import { estimateSchema, newMessageInput } from '@/server/domain/messages/schema';
import { newMessage } from '@/server/http/examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages/estimate', {
  POST: operation({
    id: 'estimateMessage',
    summary: 'What a message would cost, and whether the money suffices',
    body: newMessageInput,
    reply: estimateSchema,
    onBehalf: true,
    description:
      'Takes no lock and changes nothing. `covered` counts auto-recharge in; without it `balanceAfter` is null.',
    errors: ['member_deleted', 'unroutable_number', 'no_rate'],
    example: { body: newMessage, reply: { segments: 1, cost: '0.0395', covered: true, balanceAfter: '24.9605' } },
    verb: (ctx, { body, onBehalfOf }) => estimateMessages(ctx, { onBehalfOf, messages: [body], many: false }),
  }),
});
