import { usageReport } from '@/server/domain/reports/read';
import { usageInput, usageSchema } from '@/server/domain/reports/schema';
import { query, router } from './procedures';

export const reports = router({
  getUsage: query({ input: usageInput, reply: usageSchema, verb: usageReport }),
});
