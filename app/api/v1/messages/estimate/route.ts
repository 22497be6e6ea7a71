import { estimateMessages } from '@/server/domain/messages/read';
import { BATCH_MAX_BYTES, estimateInput, estimateSchema } from '@/server/domain/messages/schema';
import { batchCost, operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages/estimate', {
  POST: operation({
    id: 'estimateMessages',
    summary: 'What a message, or a batch, would cost, and whether the money suffices',
    body: estimateInput,
    maxBytes: BATCH_MAX_BYTES,
    extraCost: batchCost,
    reply: estimateSchema,
    onBehalf: true,
    verb: (ctx, { body, onBehalfOf }) => estimateMessages(ctx, { onBehalfOf, wanted: body }),
  }),
});
