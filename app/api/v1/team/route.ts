import { getTeam, updateTeam } from '@/server/operations/team';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(getTeam, updateTeam);
