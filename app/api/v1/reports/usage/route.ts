import { usageReport } from '@/server/domain/messaging/usage/read';
import { usageInput, usageSchema } from '@/server/domain/messaging/usage/schema';
import { exampleId, usage } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/reports/usage', {
  GET: operation({
    id: 'getUsage',
    summary: 'Report messages and their cost by member, day or country, over UTC days',
    query: usageInput,
    reply: usageSchema,
    description:
      'Empty groups are omitted. A message counts on the day it was created; a refund lowers the cost of that day.',
    example: {
      query: { from: '2026-03-01', to: '2026-04-01', groupBy: 'day', memberId: exampleId('mem') },
      reply: usage,
    },
    run: (ctx, { query }) => usageReport(ctx, query),
  }),
});
