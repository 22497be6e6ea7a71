import { getInvitation } from '@/server/domain/teams/invitations/read';
import { invitationSchema } from '@/server/domain/teams/invitations/schema';
import { revokeInvitation } from '@/server/domain/teams/invitations/write';
import { invitation } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/invitations/{id}', {
  params: { id: 'inv' },
  GET: operation({
    id: 'getInvitation',
    summary: 'Get an invitation',
    reply: invitationSchema,
    errors: ['owner_required'],
    example: { reply: invitation },
    run: (ctx, { params }) => getInvitation(ctx, params['id']!),
  }),
  DELETE: operation({
    id: 'revokeInvitation',
    summary: 'Revoke an invitation; its links stop working, it stays listed',
    reply: invitationSchema,
    errors: ['owner_required', 'invitation_closed'],
    example: { reply: { ...invitation, status: 'revoked', url: null } },
    run: (ctx, { params }) => revokeInvitation(ctx, params['id']!),
  }),
});
