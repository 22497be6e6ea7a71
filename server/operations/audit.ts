import * as read from '@/server/domain/teams/audit/read';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { auditEventSchema, auditFilters, auditListInput } from '@/server/domain/teams/audit/schema';
import { auditRows } from './csv-columns';
import { auditEvent, exampleId } from './examples';
import { operation, table } from './operation';

export const listAuditEvents = operation({
  method: 'GET',
  path: '/audit-events',
  summary: 'List audit events, newest first',
  description:
    'All changes except messages, charges and refunds, which are in the message log and the transfers. A batch of messages has one event.',
  input: auditListInput,
  output: pageOfSchema(auditEventSchema),
  errors: ['owner_required'],
  example: {
    input: { memberId: exampleId('mem'), action: 'member', channel: 'web', from: '2026-03-01', limit: '50' },
    output: { data: [auditEvent], nextCursor: null },
  },
  run: read.listAuditEvents,
});

export const exportAuditEvents = table({
  path: '/audit-events.csv',
  summary: 'Export the audit log as CSV, all rows under the filters',
  input: auditFilters,
  rows: auditRows,
  errors: ['owner_required'],
  example: { input: { action: 'member', from: '2026-03-01' }, output: 'id,at,action\r\n' },
});
