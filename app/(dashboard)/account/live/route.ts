import { currentUser } from '@/server/auth';
import { openStream } from '@/server/http/live-stream';

export const GET = async (request: Request): Promise<Response> => openStream(request, await currentUser());
