import { auditFilters } from '@/server/domain/teams/audit/schema';
import { printAudit } from '@/server/http/csv-columns';
import { csvOperation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/audit-events.csv', {
  GET: csvOperation({
    id: 'exportAuditEvents',
    summary: 'Export the audit log as CSV, all rows under the filters',
    query: auditFilters,
    csv: printAudit,
    errors: ['owner_required'],
    example: { query: { action: 'member', from: '2026-03-01' }, reply: 'id,at,action\r\n' },
  }),
});
