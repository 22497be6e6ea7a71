import { listInvitations, createInvitation } from '@/server/operations/invitations';
import { route } from '@/server/http/route';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = route(listInvitations, createInvitation);
