import { previewRecharge } from '@/server/domain/billing/auto-recharge/read';
import { foreseenSchema, previewInput } from '@/server/domain/billing/auto-recharge/schema';
import * as operations from '@/server/operations/auto-recharge';
import { procedures } from './operations';
import { query, router } from './procedures';

export const recharge = router({
  ...procedures(operations),
  previewRecharge: query({ input: previewInput, output: foreseenSchema, run: previewRecharge }),
});
