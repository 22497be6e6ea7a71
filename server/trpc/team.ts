import { fundingSchema, sandboxInput } from '@/server/domain/billing/ledger/schema';
import { fundSandbox } from '@/server/domain/billing/ledger/write';
import { getOverview } from '@/server/domain/messaging/overview/read';
import { overviewSchema } from '@/server/domain/messaging/overview/schema';
import { getOwnMember, getShell } from '@/server/domain/teams/teams/read';
import { meSchema, shellSchema } from '@/server/domain/teams/teams/schema';
import * as operations from '@/server/operations/team';
import { procedures } from './operations';
import { mutation, query, router } from './procedures';

export const team = router({
  ...procedures(operations),
  // A session has no key.
  getMe: query({ output: meSchema.omit({ key: true }), run: getOwnMember }),
  getShell: query({ output: shellSchema, run: getShell }),
  getOverview: query({ output: overviewSchema, run: getOverview }),
  fundSandbox: mutation({ input: sandboxInput, output: fundingSchema, run: fundSandbox }),
});
