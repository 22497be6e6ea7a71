import { transferFilters } from '@/server/domain/billing/ledger/schema';
import { exampleId } from '@/server/http/openapi-examples';
import { printTransfers } from '@/server/http/csv-columns';
import { csvOperation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/transfers.csv', {
  GET: csvOperation({
    id: 'exportTransfers',
    summary: 'Export transfers as CSV, all rows under the filters',
    query: transferFilters,
    csv: printTransfers,
    example: { query: { memberId: exampleId('mem'), kind: 'credit' }, reply: 'id,createdAt,kind\r\n' },
  }),
});
