import * as refusalsRead from '@/server/domain/messaging/refusals/read';
import * as read from '@/server/domain/messaging/usage/read';
import { refusalsInput, refusalsSchema } from '@/server/domain/messaging/refusals/schema';
import { usageInput, usageSchema } from '@/server/domain/messaging/usage/schema';
import { usageRows } from './csv-columns';
import { exampleId, refusals, usage } from './examples';
import { operation, table } from './operation';

export const getRefusals = operation({
  method: 'GET',
  path: '/reports/refusals',
  summary: 'Report refused sends by member, UTC day and reason',
  input: refusalsInput,
  output: refusalsSchema,
  description:
    'Counts refused requests to send; a batch counts once. A member’s key sees only its own. A refusal may take some seconds to appear.',
  example: {
    input: { from: '2026-03-01', to: '2026-04-01', memberId: exampleId('mem') },
    output: refusals,
  },
  run: refusalsRead.listRefusals,
});

export const getUsage = operation({
  method: 'GET',
  path: '/reports/usage',
  summary: 'Report messages and their cost by member, day or country, over UTC days',
  input: usageInput,
  output: usageSchema,
  description:
    'Empty groups are omitted. A message counts on the day it was created; a refund lowers the cost of that day.',
  example: {
    input: { from: '2026-03-01', to: '2026-04-01', groupBy: 'day', memberId: exampleId('mem') },
    output: usage,
  },
  run: read.usageReport,
});

export const exportUsage = table({
  path: '/reports/usage.csv',
  summary: 'Export the usage report as CSV, without its total',
  input: usageInput,
  rows: usageRows,
  example: { input: { from: '2026-03-01', to: '2026-04-01', groupBy: 'country' }, output: 'country,messages\r\n' },
});
