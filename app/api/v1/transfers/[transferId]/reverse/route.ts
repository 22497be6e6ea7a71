import { reverseTransfer } from '@/server/operations/transfers';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(reverseTransfer);
