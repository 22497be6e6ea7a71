import { logFilters } from '@/server/domain/messaging/message-log/schema';
import { printMessages } from '@/server/http/csv-columns';
import { csvOperation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages.csv', {
  GET: csvOperation({
    id: 'exportMessages',
    summary: 'Export the message log as CSV, all rows under the filters',
    query: logFilters,
    csv: printMessages,
    example: { query: { status: 'failed', from: '2026-03-01' }, reply: 'id,memberId,to\r\n' },
  }),
});
