import { confirmRates } from '@/server/operations/rates';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(confirmRates);
