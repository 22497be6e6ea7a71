import { usageReport } from '@/server/domain/reports/read';
import { usageInput, usageSchema } from '@/server/domain/reports/schema';
import { printUsage } from '@/server/http/exports';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/reports/usage', {
  GET: operation({
    id: 'getUsage',
    summary: 'Messages and their cost by member, day or country, over UTC days',
    query: usageInput,
    reply: usageSchema,
    csv: printUsage,
    verb: (ctx, { query }) => usageReport(ctx, query),
  }),
});
