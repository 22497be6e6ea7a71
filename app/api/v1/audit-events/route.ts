import { listAuditEvents } from '@/server/operations/audit';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(listAuditEvents);
