import * as read from '@/server/domain/teams/teams/read';
import * as write from '@/server/domain/teams/teams/write';
import {
  meSchema,
  settingsSchema,
  teamSchema,
  updateSettingsInput,
  updateTeamInput,
} from '@/server/domain/teams/teams/schema';
import { exampleId, member, settings, team } from './examples';
import { operation } from './operation';

export const getMe = operation({
  method: 'GET',
  path: '/me',
  summary: 'Get the team, member, key and balance of this key',
  output: meSchema,
  example: {
    output: {
      team: { id: team.id, name: team.name, currency: team.currency },
      member,
      key: { id: exampleId('key'), prefix: 'pur_live_4bQz', last4: 'DsB7' },
      balance: '25.00',
    },
  },
  run: read.getMe,
});

export const getTeam = operation({
  method: 'GET',
  path: '/team',
  summary: 'Get the team and its master balance',
  output: teamSchema,
  errors: ['owner_required'],
  example: { output: team },
  run: read.getTeam,
});

export const updateTeam = operation({
  method: 'PATCH',
  path: '/team',
  summary: 'Update the team',
  input: updateTeamInput,
  output: teamSchema,
  errors: ['invalid_amount', 'owner_required', 'currency_fixed'],
  example: { input: { reserve: '100.00', lowBalance: '200.00' }, output: team },
  run: write.updateTeam,
});

export const getSettings = operation({
  method: 'GET',
  path: '/team/settings',
  summary: "Get the team's settings: alerts, text retention and reauthentication",
  output: settingsSchema,
  errors: ['owner_required'],
  example: { output: settings },
  run: read.getSettings,
});

export const updateSettings = operation({
  method: 'PATCH',
  path: '/team/settings',
  summary: "Update the team's settings",
  description: '`null` clears a value. Deleted texts cannot be restored.',
  input: updateSettingsInput,
  output: settingsSchema,
  errors: ['invalid_amount', 'owner_required'],
  example: { input: { memberLowBalance: '5.00', textRetentionDays: 90 }, output: settings },
  run: write.updateSettings,
});
