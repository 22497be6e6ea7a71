import { browseUsage, usageReport } from '@/server/domain/messaging/usage/read';
import { browseUsageInput, usageInput, usagePageSchema, usageSchema } from '@/server/domain/messaging/usage/schema';
import { listRefusals } from '@/server/domain/messaging/refusals/read';
import { refusalsInput, refusalsSchema } from '@/server/domain/messaging/refusals/schema';
import { query, router } from './procedures';

export const reports = router({
  getUsage: query({ input: usageInput, reply: usageSchema, run: usageReport }),
  getRefusals: query({ input: refusalsInput, reply: refusalsSchema, run: listRefusals }),
  browseUsage: query({ input: browseUsageInput, reply: usagePageSchema, run: browseUsage }),
});
