import { listAuditEvents } from '@/server/domain/teams/audit/read';
import { auditEventSchema, auditListInput } from '@/server/domain/teams/audit/schema';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { auditEvent, exampleId } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/audit-events', {
  GET: operation({
    id: 'listAuditEvents',
    summary: 'Who did what, when, from where and through which door, newest first',
    description:
      'Every change but messages, charges and refunds, whose trails are the log and the transfers; a batch of messages has one event.',
    query: auditListInput,
    reply: pageOfSchema(auditEventSchema),
    errors: ['owner_required'],
    example: {
      query: { memberId: exampleId('mem'), action: 'member', channel: 'web', from: '2026-03-01', limit: '50' },
      reply: { data: [auditEvent], nextCursor: null },
    },
    run: (ctx, { query }) => listAuditEvents(ctx, query),
  }),
});
