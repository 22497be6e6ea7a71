import { listTransfers } from '@/server/domain/billing/ledger/read';
import { transferListInput, transferSchema } from '@/server/domain/billing/ledger/schema';
import { exampleId, transfer } from '@/server/http/openapi-examples';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/transfers', {
  GET: operation({
    id: 'listTransfers',
    summary: 'List transfers, newest first',
    query: transferListInput,
    reply: pageOfSchema(transferSchema),
    example: {
      query: { memberId: exampleId('mem'), kind: 'credit', limit: '50' },
      reply: { data: [transfer], nextCursor: null },
    },
    run: (ctx, { query }) => listTransfers(ctx, query),
  }),
});
