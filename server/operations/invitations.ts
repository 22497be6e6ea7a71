import * as read from '@/server/domain/teams/invitations/read';
import * as write from '@/server/domain/teams/invitations/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { createInvitationInput, invitationListInput, invitationSchema } from '@/server/domain/teams/invitations/schema';
import { invitation } from './examples';
import { operation } from './operation';

export const listInvitations = operation({
  method: 'GET',
  path: '/invitations',
  summary: 'List invitations, newest first',
  input: invitationListInput,
  output: pageOfSchema(invitationSchema),
  errors: ['owner_required'],
  example: { input: { status: 'pending' }, output: { data: [invitation], nextCursor: null } },
  run: read.listInvitations,
});

export const createInvitation = operation({
  method: 'POST',
  path: '/invitations',
  summary: 'Create an invitation',
  description:
    'If email is set up, a link is emailed; `url` is a link to share by hand. Only the emailed link verifies the address. ' +
    'Starting credit and rule take effect on acceptance.',
  input: createInvitationInput,
  output: invitationSchema,
  status: 201,
  errors: ['invalid_amount', 'owner_required', 'invitation_pending', 'already_member', 'not_found', 'member_deleted'],
  example: { input: { email: 'jo@northwind.example', name: 'Jo Sand', credit: '25.00' }, output: invitation },
  run: write.createInvitation,
});

export const getInvitation = operation({
  method: 'GET',
  path: '/invitations/{invitationId}',
  summary: 'Get an invitation',
  output: invitationSchema,
  errors: ['owner_required'],
  example: { output: invitation },
  run: (ctx, { invitationId }) => read.getInvitation(ctx, invitationId),
});

export const revokeInvitation = operation({
  method: 'DELETE',
  path: '/invitations/{invitationId}',
  summary: 'Revoke an invitation; its links stop working, it stays listed',
  output: invitationSchema,
  errors: ['owner_required', 'invitation_closed'],
  example: { output: { ...invitation, status: 'revoked', url: null } },
  run: (ctx, { invitationId }) => write.revokeInvitation(ctx, invitationId),
});

export const resendInvitation = operation({
  method: 'POST',
  path: '/invitations/{invitationId}/resend',
  summary: 'Resend an invitation with a new link and seven more days; the old link stops working',
  output: invitationSchema,
  errors: ['owner_required', 'invitation_closed', 'invitation_pending', 'already_member', 'member_deleted'],
  example: { output: { ...invitation, expiresAt: '2026-03-10T08:00:00.000Z' } },
  run: (ctx, { invitationId }) => write.resendInvitation(ctx, invitationId),
});
