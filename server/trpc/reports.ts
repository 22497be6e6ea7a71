import { browseUsage } from '@/server/domain/messaging/usage/read';
import { browseUsageInput, usagePageSchema } from '@/server/domain/messaging/usage/schema';
import * as operations from '@/server/operations/reports';
import { procedures } from './operations';
import { query, router } from './procedures';

export const reports = router({
  ...procedures(operations),
  browseUsage: query({ input: browseUsageInput, output: usagePageSchema, run: browseUsage }),
});
