import { browseInvitations, getInvitation, listInvitations } from '@/server/domain/teams/invitations/read';
import {
  browseInvitationsInput,
  createInvitationInput,
  invitationLinkSchema,
  invitationListInput,
  invitationPageSchema,
  invitationSchema,
} from '@/server/domain/teams/invitations/schema';
import {
  createInvitation,
  openLink,
  resendInvitation,
  revokeInvitation,
} from '@/server/domain/teams/invitations/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { oneInvitation, paged } from './inputs';
import { mutation, query, router } from './procedures';

export const invitations = router({
  listInvitations: query({
    input: invitationListInput.extend(paged),
    reply: pageOfSchema(invitationSchema),
    run: listInvitations,
  }),
  browseInvitations: query({ input: browseInvitationsInput, reply: invitationPageSchema, run: browseInvitations }),
  getInvitation: query({
    input: oneInvitation,
    reply: invitationSchema,
    run: (ctx, { invitationId }) => getInvitation(ctx, invitationId),
  }),
  createInvitation: mutation({ input: createInvitationInput, reply: invitationSchema, run: createInvitation }),
  resendInvitation: mutation({
    input: oneInvitation,
    reply: invitationSchema,
    run: (ctx, { invitationId }) => resendInvitation(ctx, invitationId),
  }),
  openLink: mutation({
    input: oneInvitation,
    reply: invitationLinkSchema,
    run: (ctx, { invitationId }) => openLink(ctx, invitationId),
  }),
  revokeInvitation: mutation({
    input: oneInvitation,
    reply: invitationSchema,
    run: (ctx, { invitationId }) => revokeInvitation(ctx, invitationId),
  }),
});
