import { listAuditEvents } from '@/server/domain/teams/audit/read';
import { auditEventSchema, auditListInput } from '@/server/domain/teams/audit/schema';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { auditEvent, exampleId } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/audit-events', {
  GET: operation({
    id: 'listAuditEvents',
    summary: 'List audit events, newest first',
    description:
      'All changes except messages, charges and refunds, which are in the message log and the transfers. A batch of messages has one event.',
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
