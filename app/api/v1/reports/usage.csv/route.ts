import { usageInput } from '@/server/domain/messaging/usage/schema';
import { printUsage } from '@/server/http/csv-columns';
import { csvOperation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/reports/usage.csv', {
  GET: csvOperation({
    id: 'exportUsage',
    summary: 'Export the usage report as CSV, without its total',
    query: usageInput,
    csv: printUsage,
    example: { query: { from: '2026-03-01', to: '2026-04-01', groupBy: 'country' }, reply: 'country,messages\r\n' },
  }),
});
