import { estimateMessages } from '@/server/domain/messaging/estimates/read';
import { estimateInput, estimateSchema } from '@/server/domain/messaging/estimates/schema';
import { BATCH_MAX_BYTES } from '@/server/domain/messaging/messages/schema';
import { newMessage } from '@/server/http/openapi-examples';
import { batchCost, operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages/estimate', {
  POST: operation({
    id: 'estimateMessages',
    summary: 'Estimate the cost of a message or a batch, and whether the balance covers it',
    body: estimateInput,
    maxBytes: BATCH_MAX_BYTES,
    extraCost: batchCost,
    reply: estimateSchema,
    onBehalf: true,
    description:
      'Takes no lock and changes nothing. `covered` includes auto-recharge; if it is false, `balanceAfter` is null.',
    errors: ['member_deleted', 'unroutable_number', 'no_rate'],
    example: { body: newMessage, reply: { segments: 1, cost: '0.0395', covered: true, balanceAfter: '24.9605' } },
    run: (ctx, { body, onBehalfOf }) => estimateMessages(ctx, { onBehalfOf, wanted: body }),
  }),
});
