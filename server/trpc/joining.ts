import { readLink } from '@/server/domain/teams/invitation-acceptance/read';
import {
  acceptInput,
  closedLinkSchema,
  joinedSchema,
  linkInput,
  linkSchema,
} from '@/server/domain/teams/invitation-acceptance/schema';
import {
  acceptInvitation,
  declineInvitation,
  requestInvitation,
} from '@/server/domain/teams/invitation-acceptance/write';
import { HASH_COST } from '@/server/domain/core/password-hashing';
import { guestMutation, guestQuery, router } from './procedures';

/** What an invitation's link opens, to whoever has it. */
export const joining = router({
  readLink: guestQuery({ input: linkInput, reply: linkSchema.nullable(), verb: readLink }),
  acceptInvitation: guestMutation({
    input: acceptInput,
    reply: joinedSchema,
    extraCost: ({ password }) => (password === undefined ? 0 : HASH_COST),
    verb: acceptInvitation,
  }),
  declineInvitation: guestMutation({ input: linkInput, reply: closedLinkSchema, verb: declineInvitation }),
  requestInvitation: guestMutation({ input: linkInput, reply: closedLinkSchema, verb: requestInvitation }),
});
