import { findPlaceInTeam } from '@/server/auth';
import { download } from '@/server/http/downloads';

type Route = { params: Promise<{ team: string }> };

export const GET = async (request: Request, { params }: Route): Promise<Response> =>
  download(request, 'usage', await findPlaceInTeam((await params).team));
