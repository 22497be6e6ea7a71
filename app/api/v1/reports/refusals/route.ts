import { listRefusals } from '@/server/domain/messaging/refusals/read';
import { refusalsInput, refusalsSchema } from '@/server/domain/messaging/refusals/schema';
import { exampleId, refusals } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/reports/refusals', {
  GET: operation({
    id: 'getRefusals',
    summary: 'Report refused sends by member, UTC day and reason',
    query: refusalsInput,
    reply: refusalsSchema,
    description:
      'Counts refused requests to send; a batch counts once. A member’s key sees only its own. A refusal may take some seconds to appear.',
    example: {
      query: { from: '2026-03-01', to: '2026-04-01', memberId: exampleId('mem') },
      reply: refusals,
    },
    run: (ctx, { query }) => listRefusals(ctx, query),
  }),
});
