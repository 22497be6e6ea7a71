import { getSettings } from '@/server/domain/teams/teams/read';
import { settingsSchema, updateSettingsInput } from '@/server/domain/teams/teams/schema';
import { updateSettings } from '@/server/domain/teams/teams/write';
import { settings } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/team/settings', {
  GET: operation({
    id: 'getSettings',
    summary: 'What the team keeps to itself: alerts, how long texts are kept, when a person is asked again',
    reply: settingsSchema,
    errors: ['owner_required'],
    example: { reply: settings },
    run: (ctx) => getSettings(ctx),
  }),
  PATCH: operation({
    id: 'updateSettings',
    summary: 'Change what the team keeps to itself',
    description: 'null clears a figure. Texts that were removed do not come back.',
    body: updateSettingsInput,
    reply: settingsSchema,
    errors: ['invalid_amount', 'owner_required'],
    example: { body: { memberLowBalance: '5.00', textRetentionDays: 90 }, reply: settings },
    run: (ctx, { body }) => updateSettings(ctx, body),
  }),
});
