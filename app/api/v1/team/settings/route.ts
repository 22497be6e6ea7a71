import { getSettings } from '@/server/domain/teams/teams/read';
import { settingsSchema, updateSettingsInput } from '@/server/domain/teams/teams/schema';
import { updateSettings } from '@/server/domain/teams/teams/write';
import { settings } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/team/settings', {
  GET: operation({
    id: 'getSettings',
    summary: "Get the team's settings: alerts, text retention and reauthentication",
    reply: settingsSchema,
    errors: ['owner_required'],
    example: { reply: settings },
    run: (ctx) => getSettings(ctx),
  }),
  PATCH: operation({
    id: 'updateSettings',
    summary: "Update the team's settings",
    description: '`null` clears a value. Deleted texts cannot be restored.',
    body: updateSettingsInput,
    reply: settingsSchema,
    errors: ['invalid_amount', 'owner_required'],
    example: { body: { memberLowBalance: '5.00', textRetentionDays: 90 }, reply: settings },
    run: (ctx, { body }) => updateSettings(ctx, body),
  }),
});
