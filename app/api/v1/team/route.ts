import { getTeam } from '@/server/domain/teams/teams/read';
import { teamSchema, updateTeamInput } from '@/server/domain/teams/teams/schema';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { team } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/team', {
  GET: operation({
    id: 'getTeam',
    summary: 'Get the team and its master balance',
    reply: teamSchema,
    errors: ['owner_required'],
    example: { reply: team },
    run: (ctx) => getTeam(ctx),
  }),
  PATCH: operation({
    id: 'updateTeam',
    summary: 'Update the team',
    body: updateTeamInput,
    reply: teamSchema,
    errors: ['invalid_amount', 'owner_required', 'currency_fixed'],
    example: { body: { reserve: '100.00', lowBalance: '200.00' }, reply: team },
    run: (ctx, { body }) => updateTeam(ctx, body),
  }),
});
