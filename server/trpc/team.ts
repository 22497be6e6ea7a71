import { fundSandbox } from '@/server/domain/billing/ledger/write';
import { fundingSchema, sandboxInput } from '@/server/domain/billing/ledger/schema';
import { getMe, getSettings, getShell, getTeam } from '@/server/domain/teams/teams/read';
import {
  meSchema,
  settingsSchema,
  shellSchema,
  teamSchema,
  updateSettingsInput,
  updateTeamInput,
} from '@/server/domain/teams/teams/schema';
import { updateSettings, updateTeam } from '@/server/domain/teams/teams/write';
import { mutation, query, router } from './procedures';
import { getOverview } from '@/server/domain/messaging/overview/read';
import { overviewSchema } from '@/server/domain/messaging/overview/schema';

export const team = router({
  getMe: query({ reply: meSchema.omit({ key: true }), run: (ctx) => getMe(ctx, null) }),
  getTeam: query({ reply: teamSchema, run: getTeam }),
  getShell: query({ reply: shellSchema, run: getShell }),
  getOverview: query({ reply: overviewSchema, run: getOverview }),
  updateTeam: mutation({ input: updateTeamInput, reply: teamSchema, run: updateTeam }),
  getSettings: query({ reply: settingsSchema, run: getSettings }),
  updateSettings: mutation({ input: updateSettingsInput, reply: settingsSchema, run: updateSettings }),
  fundSandbox: mutation({ input: sandboxInput, reply: fundingSchema, run: fundSandbox }),
});
