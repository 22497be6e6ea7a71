import { browseInvitations } from '@/server/domain/teams/invitations/read';
import {
  browseInvitationsInput,
  invitationLinkSchema,
  invitationPageSchema,
} from '@/server/domain/teams/invitations/schema';
import { openLink } from '@/server/domain/teams/invitations/write';
import * as operations from '@/server/operations/invitations';
import { oneInvitation } from './inputs';
import { procedures } from './operations';
import { mutation, query, router } from './procedures';

export const invitations = router({
  ...procedures(operations),
  browseInvitations: query({ input: browseInvitationsInput, output: invitationPageSchema, run: browseInvitations }),
  openLink: mutation({
    input: oneInvitation,
    output: invitationLinkSchema,
    run: (ctx, { invitationId }) => openLink(ctx, invitationId),
  }),
});
