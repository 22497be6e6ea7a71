import { memberFilters } from '@/server/domain/teams/members/schema';
import { printMemberList } from '@/server/http/csv-columns';
import { csvOperation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members.csv', {
  GET: csvOperation({
    id: 'exportMembers',
    summary: 'Export members as CSV, all rows under the filters',
    query: memberFilters,
    csv: printMemberList,
    example: { query: { status: 'active' }, reply: 'id,name,email\r\n' },
  }),
});
