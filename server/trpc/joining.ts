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
import { visitorMutation, visitorQuery, router } from './procedures';

/** Procedures of an invitation link, for everyone who has it. */
export const joining = router({
  readLink: visitorQuery({ input: linkInput, output: linkSchema.nullable(), run: readLink }),
  acceptInvitation: visitorMutation({
    input: acceptInput,
    output: joinedSchema,
    extraCost: ({ password }) => (password === undefined ? 0 : HASH_COST),
    run: acceptInvitation,
  }),
  declineInvitation: visitorMutation({ input: linkInput, output: closedLinkSchema, run: declineInvitation }),
  requestInvitation: visitorMutation({ input: linkInput, output: closedLinkSchema, run: requestInvitation }),
});
