import { rateFilters } from '@/server/domain/billing/rates/schema';
import { printRates } from '@/server/http/csv-columns';
import { csvOperation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/rates.csv', {
  GET: csvOperation({
    id: 'exportRates',
    summary: 'Export the rate card as CSV, in the form of an import',
    query: rateFilters,
    csv: printRates,
    errors: ['owner_required'],
    example: { query: { country: 'DE' }, reply: 'country,prefix,price\r\n' },
  }),
});
