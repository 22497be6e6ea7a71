import { browseUsage, usageReport } from '@/server/domain/reports/read';
import { browseUsageInput, usageInput, usagePageSchema, usageSchema } from '@/server/domain/reports/schema';
import { query, router } from './procedures';

export const reports = router({
  getUsage: query({ input: usageInput, reply: usageSchema, verb: usageReport }),
  browseUsage: query({ input: browseUsageInput, reply: usagePageSchema, verb: browseUsage }),
});
