import { getMessage } from '@/server/operations/messages';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(getMessage);
