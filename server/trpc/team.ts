import { getMe, getTeam } from '@/server/domain/teams/read';
import { meSchema, teamSchema, updateTeamInput } from '@/server/domain/teams/schema';
import { updateTeam } from '@/server/domain/teams/write';
import { mutation, query, router } from './procedures';

export const team = router({
  getMe: query({ reply: meSchema.omit({ key: true }), verb: (ctx) => getMe(ctx, null) }),
  getTeam: query({ reply: teamSchema, verb: getTeam }),
  updateTeam: mutation({ input: updateTeamInput, reply: teamSchema, verb: updateTeam }),
});
