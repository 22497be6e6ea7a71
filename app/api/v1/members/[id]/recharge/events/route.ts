import { pageOfSchema } from '@/server/domain/core/pagination';
import { listRechargeEvents } from '@/server/domain/billing/auto-recharge/read';
import { rechargeEventListInput, rechargeEventSchema } from '@/server/domain/billing/auto-recharge/schema';
import { exampleId } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/recharge/events', {
  params: { id: 'mem' },
  GET: operation({
    id: 'listRechargeEvents',
    summary: 'List recharge events, newest first',
    query: rechargeEventListInput,
    reply: pageOfSchema(rechargeEventSchema),
    example: {
      query: { limit: '10' },
      reply: {
        data: [
          {
            id: exampleId('rce'),
            at: '2026-03-02T09:15:04.210Z',
            outcome: 'fired',
            reason: null,
            count: 1,
            lastAt: '2026-03-02T09:15:04.210Z',
            detail: 'The balance fell below 5.00, so 48.20 was added.',
            balanceBefore: '1.80',
            amount: '48.20',
            transferId: exampleId('trf'),
          },
        ],
        nextCursor: null,
      },
    },
    run: (ctx, { params, query }) => listRechargeEvents(ctx, { ...query, memberId: params['id']! }),
  }),
});
