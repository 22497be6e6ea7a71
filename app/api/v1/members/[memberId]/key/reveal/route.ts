import { revealKey } from '@/server/operations/api-keys';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(revealKey);
