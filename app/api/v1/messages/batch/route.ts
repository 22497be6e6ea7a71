import { keepBatch } from '@/server/domain/messaging/messages/read';
import { acceptedBatchSchema, BATCH_MAX_BYTES, batchInput } from '@/server/domain/messaging/messages/schema';
import { sendBatch } from '@/server/domain/messaging/messages/write';
import { message, newMessage } from '@/server/http/openapi-examples';
import { batchCost, operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages/batch', {
  POST: operation({
    id: 'sendBatch',
    summary: 'Send up to 1,000 messages; all are charged and queued at once, or none is',
    body: batchInput,
    maxBytes: BATCH_MAX_BYTES,
    extraCost: batchCost,
    reply: acceptedBatchSchema,
    description:
      'An auto-recharge rule sees one charge; each message has its own transfer. Costs one call, and one more for each hundred messages.',
    errors: ['insufficient_funds', 'member_deleted', 'unroutable_number', 'no_rate'],
    example: { body: { messages: [newMessage] }, reply: { data: [message], cost: '0.0395', balance: '24.9605' } },
    keep: keepBatch,
    status: 202,
    onBehalf: true,
    sends: true,
    run: (ctx, { body, onBehalfOf }) => sendBatch(ctx, { ...body, onBehalfOf }),
  }),
});
