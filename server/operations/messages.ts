import * as estimatesRead from '@/server/domain/messaging/estimates/read';
import * as read from '@/server/domain/messaging/messages/read';
import * as write from '@/server/domain/messaging/messages/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { estimateInput, estimateSchema } from '@/server/domain/messaging/estimates/schema';
import { logFilters } from '@/server/domain/messaging/message-log/schema';
import {
  BATCH_MAX_BYTES,
  acceptedBatchSchema,
  batchInput,
  messageDetailSchema,
  messageListInput,
  messageSchema,
  newMessageInput,
} from '@/server/domain/messaging/messages/schema';
import { messageRows } from './csv-columns';
import { delivered, exampleId, message, newMessage } from './examples';
import { batchCost, operation, table } from './operation';

export const listMessages = operation({
  method: 'GET',
  path: '/messages',
  summary: 'List messages, newest first',
  input: messageListInput,
  output: pageOfSchema(messageSchema),
  example: {
    input: { memberId: exampleId('mem'), status: 'delivered', from: '2026-03-01', limit: '50' },
    output: { data: [{ ...message, ...delivered }], nextCursor: null },
  },
  run: read.listMessages,
});

export const sendMessage = operation({
  method: 'POST',
  path: '/messages',
  summary: 'Send a message; it is charged and queued at once',
  input: newMessageInput,
  output: messageSchema,
  status: 202,
  onBehalf: true,
  sends: true,
  errors: ['insufficient_funds', 'member_deleted', 'unroutable_number', 'no_rate'],
  example: { input: newMessage, output: message },
  run: (ctx, { onBehalfOf, ...message }) => write.sendMessage(ctx, { onBehalfOf, message }),
});

export const sendBatch = operation({
  method: 'POST',
  path: '/messages/batch',
  summary: 'Send up to 1,000 messages; all are charged and queued at once, or none is',
  input: batchInput,
  maxBytes: BATCH_MAX_BYTES,
  extraCost: batchCost,
  output: acceptedBatchSchema,
  description:
    'An auto-recharge rule sees one charge; each message has its own transfer. Costs one call, and one more for each hundred messages.',
  errors: ['insufficient_funds', 'member_deleted', 'unroutable_number', 'no_rate'],
  example: { input: { messages: [newMessage] }, output: { data: [message], cost: '0.0395', balance: '24.9605' } },
  keep: read.keepBatch,
  status: 202,
  onBehalf: true,
  sends: true,
  run: write.sendBatch,
});

export const estimateMessages = operation({
  method: 'POST',
  path: '/messages/estimate',
  summary: 'Estimate the cost of a message or a batch, and whether the balance covers it',
  input: estimateInput,
  maxBytes: BATCH_MAX_BYTES,
  extraCost: batchCost,
  output: estimateSchema,
  onBehalf: true,
  description:
    'Takes no lock and changes nothing. `covered` includes auto-recharge; if it is false, `balanceAfter` is null.',
  errors: ['member_deleted', 'unroutable_number', 'no_rate'],
  example: { input: newMessage, output: { segments: 1, cost: '0.0395', covered: true, balanceAfter: '24.9605' } },
  reads: true,
  run: (ctx, { onBehalfOf, ...wanted }) => estimatesRead.estimateMessages(ctx, { onBehalfOf, wanted }),
});

const byUs = { detail: null, carrier: null, carrierRef: null, code: null };
const byCarrier = { ...byUs, carrier: 'sandbox', carrierRef: 'sandbox-1' };

export const getMessage = operation({
  method: 'GET',
  path: '/messages/{messageId}',
  summary: 'Get a message with every change of its status',
  output: messageDetailSchema,
  example: {
    output: {
      ...message,
      ...delivered,
      events: [
        { status: 'queued', at: message.createdAt, ...byUs },
        { status: 'sent', at: delivered.sentAt, ...byCarrier },
        { status: 'delivered', at: delivered.deliveredAt, ...byCarrier },
      ],
    },
  },
  run: (ctx, { messageId }) => read.getMessage(ctx, messageId),
});

export const exportMessages = table({
  path: '/messages.csv',
  summary: 'Export the message log as CSV, all rows under the filters',
  input: logFilters,
  rows: messageRows,
  example: { input: { status: 'failed', from: '2026-03-01' }, output: 'id,memberId,to\r\n' },
});
