import { invitationSchema } from '@/server/domain/teams/invitations/schema';
import { resendInvitation } from '@/server/domain/teams/invitations/write';
import { invitation } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/invitations/{id}/resend', {
  params: { id: 'inv' },
  POST: operation({
    id: 'resendInvitation',
    summary: 'Resend an invitation with a new link and seven more days; the old link stops working',
    reply: invitationSchema,
    errors: ['owner_required', 'invitation_closed', 'invitation_pending', 'already_member', 'member_deleted'],
    example: { reply: { ...invitation, expiresAt: '2026-03-10T08:00:00.000Z' } },
    run: (ctx, { params }) => resendInvitation(ctx, params['id']!),
  }),
});
