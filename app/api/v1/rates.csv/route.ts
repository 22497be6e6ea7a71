import { rateFilters } from '@/server/domain/billing/rates/schema';
import { printRates } from '@/server/http/csv-columns';
import { csvOperation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/rates.csv', {
  GET: csvOperation({
    id: 'exportRates',
    summary: 'The rate card as a table, as it can be imported again',
    query: rateFilters,
    csv: printRates,
    errors: ['owner_required'],
    example: { query: { country: 'DE' }, reply: 'country,prefix,price\r\n' },
  }),
});
