import { getTeam } from '@/server/domain/teams/read';
import { teamSchema, updateTeamInput } from '@/server/domain/teams/schema';
import { updateTeam } from '@/server/domain/teams/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/team', {
  GET: operation({
    id: 'getTeam',
    summary: 'The team and its master balance',
    reply: teamSchema,
    verb: (ctx) => getTeam(ctx),
  }),
  PATCH: operation({
    id: 'updateTeam',
    summary: "Change the team's settings",
    body: updateTeamInput,
    reply: teamSchema,
    verb: (ctx, { body }) => updateTeam(ctx, body),
  }),
});
