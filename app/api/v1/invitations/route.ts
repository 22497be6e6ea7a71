import { listInvitations } from '@/server/domain/teams/invitations/read';
import { createInvitationInput, invitationListInput, invitationSchema } from '@/server/domain/teams/invitations/schema';
import { createInvitation } from '@/server/domain/teams/invitations/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { invitation } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/invitations', {
  GET: operation({
    id: 'listInvitations',
    summary: 'List invitations, newest first',
    query: invitationListInput,
    reply: pageOfSchema(invitationSchema),
    errors: ['owner_required'],
    example: { query: { status: 'pending' }, reply: { data: [invitation], nextCursor: null } },
    run: (ctx, { query }) => listInvitations(ctx, query),
  }),
  POST: operation({
    id: 'createInvitation',
    summary: 'Create an invitation',
    description:
      'If email is set up, a link is emailed; `url` is a link to share by hand. Only the emailed link verifies the address. ' +
      'Starting credit and rule take effect on acceptance.',
    body: createInvitationInput,
    reply: invitationSchema,
    status: 201,
    errors: ['invalid_amount', 'owner_required', 'invitation_pending', 'already_member', 'not_found', 'member_deleted'],
    example: { body: { email: 'jo@northwind.example', name: 'Jo Sand', credit: '25.00' }, reply: invitation },
    run: (ctx, { body }) => createInvitation(ctx, body),
  }),
});
