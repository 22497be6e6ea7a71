import { getRefusals } from '@/server/operations/reports';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(getRefusals);
